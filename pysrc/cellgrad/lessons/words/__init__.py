"""Spam or ham by the words of a message: words.xlsx."""

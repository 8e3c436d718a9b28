"""Handwritten digits by a small convolutional network: image.xlsx."""

"""Gradient descent for the spreadsheet people already have."""

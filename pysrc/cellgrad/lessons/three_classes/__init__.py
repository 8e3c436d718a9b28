"""Irises by a softmax layer: three-classes.xlsx."""

"""Rectangles of cells that share one relative formula, and how they depend on each other."""

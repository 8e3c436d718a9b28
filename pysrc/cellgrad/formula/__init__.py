"""Formula text to tree, relative to its cell."""

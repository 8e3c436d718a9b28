"""The add-in for Excel: its settings, where it lives, how it is built and installed."""

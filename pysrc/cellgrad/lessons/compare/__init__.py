"""Many models on the same passengers: compare.xlsx."""

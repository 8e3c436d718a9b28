"""A business plan and what matters in it: sensitivity.xlsx."""

"""The same descent at several rates: learning-rate.xlsx."""

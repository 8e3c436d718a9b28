"""The order of the lessons, what each brings and reaches, and the words they use: index.xlsx."""

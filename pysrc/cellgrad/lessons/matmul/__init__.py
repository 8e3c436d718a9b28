"""Matrix products cell by cell: matmul.xlsx."""

"""People by films: ratings explained by a few learned numbers a film and a person: embeddings.xlsx."""

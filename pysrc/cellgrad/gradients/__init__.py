"""Gradients checked against differences, and where a model has gone flat."""

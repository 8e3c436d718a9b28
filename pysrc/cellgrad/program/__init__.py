"""Blocks lowered to tensor expressions: the objective as a function of the changing cells, and recalculation."""

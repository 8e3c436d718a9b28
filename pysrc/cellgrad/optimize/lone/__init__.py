"""One start of a small problem, on numpy: the same methods without a batch.

A step of a batched method is some hundred tensor operations on K numbers each, nearly all of them bookkeeping. With
K = 1 the bookkeeping is plain floats and `if`. Both go the same way up to rounding, which a test holds.
"""

"""A small language of tensors: expressions that fold what is constant, and that differentiate into themselves.

`nodes` holds the expression and its shape rules, `operations` one record an operation (torch kernel, magnitude
bound, derivative), `derivatives` reverse and forward mode, `execute` the straight-line program that runs it.
"""

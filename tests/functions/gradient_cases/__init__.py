"""Tables of gradient cases, a module a family; `tests/functions/test_gradients.py` reads every module in here.

Each module holds ``CASES: list[tuple[str, dict[str, float | tuple[float, float]]]]``: a formula over cells of its
sheet that comes to one number, and the cells it reads: a number is a constant, a pair the interval from which a
changing cell is drawn. A formula that yields an array is summed up with weights, as in
``SUMPRODUCT(MINVERSE(A1:B2),{1,2;3,4})``.
"""

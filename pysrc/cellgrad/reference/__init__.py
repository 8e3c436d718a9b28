"""The per-cell reference evaluator: slow, plain, the authority that compiled blocks are proven equal to.

`Reference(book).value("Sheet1", 0, 0)` recomputes a cell from its formula and everything it needs, one Python value at
a time; cached values are read only where they are data (volatile functions, references into other workbooks).

Reading path: `host` (what a formula is evaluated for, and how evaluation stops), `cells` (reading them), `trees`
(formulas), `leaving` (what a formula leaves in its cells), `evaluator` (which cells, in which order).
"""

from cellgrad.reference.evaluator import Reference

__all__ = ["Reference"]

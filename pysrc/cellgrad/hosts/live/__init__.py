"""An open workbook in Excel (Windows, macOS) or Calc: read as a snapshot, written in undoable transactions.

Written against xlwings' free API; the few things that it does not say are in `differences.py`. In Excel the user's
xlwings does it, in Calc the engine of `cellgrad.hosts.calc`. What is written stays in the application: saving is the
user's.
"""

from cellgrad.hosts.live.interrupting import on_escape
from cellgrad.hosts.live.quiet import give_back_status, quiet, status
from cellgrad.hosts.live.snapshot import snapshot
from cellgrad.hosts.live.stores import UNDO_SHEET
from cellgrad.hosts.live.writing import Transaction, require_writable, undo, write

__all__ = [
    "UNDO_SHEET",
    "Transaction",
    "give_back_status",
    "on_escape",
    "quiet",
    "require_writable",
    "snapshot",
    "status",
    "undo",
    "write",
]

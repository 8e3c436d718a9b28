"""Long runs beside a live sheet: the search has a process of its own, so that the spreadsheet never waits for it.

`job.py` says what is asked and answered, `process.py` has it done in a process that stays, `work.py` is what that
process does, `turn.py` keeps runs of one workbook apart and carries the wish to stop from one process to another.
All but `work.py` load no heavy library, so that a press is not kept waiting.
"""

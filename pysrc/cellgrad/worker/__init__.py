"""Long runs beside a live sheet: the search has a process of its own, so that the spreadsheet never waits for it.

`job.py` says what is asked and answered, `process.py` runs it, `turn.py` keeps runs of one workbook apart and carries
the wish to stop from one process to another; it loads no heavy library, so that a press of Stop is not kept waiting.
"""

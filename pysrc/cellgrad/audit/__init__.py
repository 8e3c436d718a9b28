"""Auditing workbooks: every formula cell recomputed, and compared with what the file or LibreOffice says."""

"""Where workbooks live: .xlsx and .xlsm packages, read as snapshots and written in place."""

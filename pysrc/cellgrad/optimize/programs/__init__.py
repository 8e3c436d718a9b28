"""The parts of the linear engine: one form for every programme, HiGHS behind a watch, vertices, conflicts, branches."""

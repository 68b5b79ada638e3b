"""Numbers that papers report, beside those of runs."""

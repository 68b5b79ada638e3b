"""Statistics of verdicts: how sure a number is, and whether two numbers differ."""

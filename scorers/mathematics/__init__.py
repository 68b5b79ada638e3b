"""Symbolic mathematics for scorers: LaTeX to expressions, equality with a tolerance, limits.

What is here works on texts that models wrote. `latex` and `equality` may hang on such a text, so
scorers call them through `limits`, in processes that are killed when they take too long.
"""

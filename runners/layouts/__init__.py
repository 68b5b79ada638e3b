"""Layouts (tables as data) evaluated on the verdicts of runs."""

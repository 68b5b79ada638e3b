"""Drawings of runs; every module but `files` needs matplotlib."""

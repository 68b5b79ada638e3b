"""LongGenBench (Liu et al. 2024): data sets, exemplars, prompts and queries."""

from .benchmark import LongGenBench

__all__ = ["LongGenBench"]

"""LongBench: official rows of its English and code datasets, and their prompts."""

from .benchmark import LongBench

__all__ = ["LongBench"]

"""The scoring rules of LongBench."""

from .scorer import LongBenchOptions, LongBenchScorer

__all__ = ["LongBenchOptions", "LongBenchScorer"]

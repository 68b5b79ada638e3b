"""The scoring rules of LongGenBench."""

from .scorer import LongGenBenchOptions, LongGenBenchScorer

__all__ = ["LongGenBenchOptions", "LongGenBenchScorer"]

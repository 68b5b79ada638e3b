"""The scoring rules of SCBench."""

from .scorer import SCBenchOptions, SCBenchScorer

__all__ = ["SCBenchOptions", "SCBenchScorer"]

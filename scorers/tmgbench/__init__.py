"""The scoring rules of TMGBench."""

from .scorer import TMGBenchOptions, TMGBenchScorer

__all__ = ["TMGBenchOptions", "TMGBenchScorer"]

"""The scoring rules of LiveBench."""

from .scorer import JudgedLiveBenchScorer, LiveBenchOptions, LiveBenchScorer

__all__ = ["JudgedLiveBenchScorer", "LiveBenchOptions", "LiveBenchScorer"]

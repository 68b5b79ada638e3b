"""The scoring rules of ProcessBench."""

from .scorer import ProcessBenchOptions, ProcessBenchScorer

__all__ = ["ProcessBenchOptions", "ProcessBenchScorer"]

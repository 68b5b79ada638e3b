"""The scoring rules of ACPBench and ACPBench Hard."""

from .closed import ACPBenchOptions, ACPBenchScorer
from .hard import ACPBenchHardOptions, ACPBenchHardScorer

__all__ = ["ACPBenchHardOptions", "ACPBenchHardScorer", "ACPBenchOptions", "ACPBenchScorer"]

"""Scores and rewards of WildBench (Lin et al. 2024, arXiv 2406.04770)."""

from .results import WildBenchResultsScorer
from .reward import WildBenchRewardScorer
from .score import WildBenchScorer

__all__ = ["WildBenchResultsScorer", "WildBenchRewardScorer", "WildBenchScorer"]

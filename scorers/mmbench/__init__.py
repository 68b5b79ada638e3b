"""MMBench (Liu et al. 2023, arXiv 2307.06281): a question counts if every pass is right."""

from .extracted import ExtractedMMBenchScorer
from .scorer import MMBenchScorer

__all__ = ["ExtractedMMBenchScorer", "MMBenchScorer"]

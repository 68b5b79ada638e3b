"""The scorers of UGMathBench (Xu et al. 2025, arXiv 2501.13766)."""

from .scorer import (
    JudgedUGMathBenchOptions,
    JudgedUGMathBenchScorer,
    UGMathBenchOptions,
    UGMathBenchScorer,
)

__all__ = [
    "JudgedUGMathBenchOptions",
    "JudgedUGMathBenchScorer",
    "UGMathBenchOptions",
    "UGMathBenchScorer",
]

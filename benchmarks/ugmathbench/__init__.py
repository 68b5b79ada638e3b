"""UGMathBench (Xu et al. 2025, arXiv 2501.13766): undergraduate problems in three versions each."""

from .benchmark import UGMathBench

__all__ = ["UGMathBench"]

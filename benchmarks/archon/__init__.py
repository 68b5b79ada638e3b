"""The exact-match benchmarks of Archon: GSM8K, MATH, MMLU."""

from .benchmark import ExactMatch

__all__ = ["ExactMatch"]

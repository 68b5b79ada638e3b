"""MMBench (Liu et al. 2023, arXiv 2307.06281): questions about an image, in every option order."""

from .benchmark import MMBench

__all__ = ["MMBench"]

"""WildBench (Lin et al. 2024, arXiv 2406.04770): hard requests of real users, judged by a model."""

from .benchmark import WildBench

__all__ = ["WildBench"]

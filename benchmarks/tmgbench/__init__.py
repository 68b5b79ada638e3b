"""TMGBench (Wang et al.): every strict 2x2 game, alone, told as a story, and composed."""

from .benchmark import TMGBench

__all__ = ["TMGBench"]

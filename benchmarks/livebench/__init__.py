"""LiveBench."""

from .benchmark import LiveBench

__all__ = ["LiveBench"]

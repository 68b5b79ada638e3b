"""SCBench: official rows, prompts, truncation and generators."""

from .benchmark import SCBench

__all__ = ["SCBench"]

"""ProcessBench (Zheng et al. 2024): solutions in steps, and which step is the first wrong one."""

from .benchmark import ProcessBench

__all__ = ["ProcessBench"]

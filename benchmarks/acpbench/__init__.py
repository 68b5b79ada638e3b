"""ACPBench and ACPBench Hard (IBM): questions about actions, change and plans."""

from .closed import ACPBench
from .hard import ACPBenchHard

__all__ = ["ACPBench", "ACPBenchHard"]

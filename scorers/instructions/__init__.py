"""Instructions that a program can verify: those of IFEval and of IFBench."""

from .check import UncheckableReplyError
from .following import CHECKS, follows

__all__ = ["CHECKS", "UncheckableReplyError", "follows"]

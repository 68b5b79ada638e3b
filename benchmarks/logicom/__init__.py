"""LOGICOM: debates in which a persuader argues, with or without fallacies."""

from .benchmark import Logicom

__all__ = ["Logicom"]

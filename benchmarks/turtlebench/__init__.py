"""TurtleBench: the referee of a guessing game about stories, in English and Chinese."""

from .benchmark import TurtleBench

__all__ = ["TurtleBench"]

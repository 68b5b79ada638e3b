"""SimpleBench: multiple-choice questions that need common sense."""

from .benchmark import SimpleBench

__all__ = ["SimpleBench"]

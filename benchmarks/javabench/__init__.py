"""JavaBench: classes of Java projects, completed."""

from .benchmark import JavaBench, JavaBenchOptions

__all__ = ["JavaBench", "JavaBenchOptions"]

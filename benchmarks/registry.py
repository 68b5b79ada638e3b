"""The benchmarks by name."""

from ..core.registry import Registry

BENCHMARKS = Registry(
    "benchmarks",
    {
        "file": "evalrun.benchmarks.file:FileBenchmark",
        "quickstart": "evalrun.benchmarks.quickstart:Quickstart",
        "scbench": "evalrun.benchmarks.scbench:SCBench",
    },
)

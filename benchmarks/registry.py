"""The benchmarks by name."""

from ..core.registry import Registry

BENCHMARKS = Registry(
    "benchmarks",
    {
        "acpbench": "evalrun.benchmarks.acpbench:ACPBench",
        "acpbench_hard": "evalrun.benchmarks.acpbench:ACPBenchHard",
        "archon": "evalrun.benchmarks.archon:ExactMatch",
        "file": "evalrun.benchmarks.file:FileBenchmark",
        "hibench": "evalrun.benchmarks.hibench:HiBench",
        "javabench": "evalrun.benchmarks.javabench:JavaBench",
        "livebench": "evalrun.benchmarks.livebench:LiveBench",
        "logicom": "evalrun.benchmarks.logicom:Logicom",
        "longbench": "evalrun.benchmarks.longbench:LongBench",
        "longgenbench": "evalrun.benchmarks.longgenbench:LongGenBench",
        "mmbench": "evalrun.benchmarks.mmbench:MMBench",
        "needle": "evalrun.benchmarks.needle:Needle",
        "pokerbench": "evalrun.benchmarks.pokerbench:PokerBench",
        "pokerbench_match": "evalrun.benchmarks.pokerbench:PokerBenchMatch",
        "processbench": "evalrun.benchmarks.processbench:ProcessBench",
        "quickstart": "evalrun.benchmarks.quickstart:Quickstart",
        "scbench": "evalrun.benchmarks.scbench:SCBench",
        "simplebench": "evalrun.benchmarks.simplebench:SimpleBench",
        "tmgbench": "evalrun.benchmarks.tmgbench:TMGBench",
        "toolllm": "evalrun.benchmarks.toolllm:ToolLLM",
        "turtlebench": "evalrun.benchmarks.turtlebench:TurtleBench",
        "ugmathbench": "evalrun.benchmarks.ugmathbench:UGMathBench",
        "wildbench": "evalrun.benchmarks.wildbench:WildBench",
    },
)

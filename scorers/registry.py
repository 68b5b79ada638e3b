"""The scorers by name."""

from ..core.registry import Registry

SCORERS = Registry(
    "scorers",
    {
        "acpbench": "evalrun.scorers.acpbench:ACPBenchScorer",
        "acpbench_hard": "evalrun.scorers.acpbench:ACPBenchHardScorer",
        "choice": "evalrun.scorers.choice:ChoiceScorer",
        "exact": "evalrun.scorers.exact:ExactScorer",
        "f1": "evalrun.scorers.f1:F1Scorer",
        "hibench": "evalrun.scorers.hibench:HiBenchScorer",
        "includes": "evalrun.scorers.includes:IncludesScorer",
        "judge": "evalrun.scorers.judge:JudgeScorer",
        "livebench": "evalrun.scorers.livebench:LiveBenchScorer",
        "livebench_judged": "evalrun.scorers.livebench:JudgedLiveBenchScorer",
        "logicom": "evalrun.scorers.logicom:LogicomScorer",
        "longbench": "evalrun.scorers.longbench:LongBenchScorer",
        "longgenbench": "evalrun.scorers.longgenbench:LongGenBenchScorer",
        "mmbench": "evalrun.scorers.mmbench:MMBenchScorer",
        "mmbench_extracted": "evalrun.scorers.mmbench:ExtractedMMBenchScorer",
        "needle": "evalrun.scorers.needle:NeedleScorer",
        "numeric": "evalrun.scorers.numeric:NumericScorer",
        "pokerbench": "evalrun.scorers.pokerbench:PokerBenchScorer",
        "processbench": "evalrun.scorers.processbench:ProcessBenchScorer",
        "regex": "evalrun.scorers.regex:RegexScorer",
        "rouge": "evalrun.scorers.rouge:RougeScorer",
        "scbench": "evalrun.scorers.scbench:SCBenchScorer",
        "simplebench": "evalrun.scorers.simplebench:SimpleBenchScorer",
        "tmgbench": "evalrun.scorers.tmgbench:TMGBenchScorer",
        "tooleval": "evalrun.scorers.tooleval:ToolEvalScorer",
        "turtlebench": "evalrun.scorers.turtlebench:TurtleBenchScorer",
        "ugmathbench": "evalrun.scorers.ugmathbench:UGMathBenchScorer",
        "ugmathbench_judged": "evalrun.scorers.ugmathbench:JudgedUGMathBenchScorer",
    },
)

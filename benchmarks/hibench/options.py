"""The options of HiBench."""

from __future__ import annotations

from typing import Literal

from ...core.config import NonNegative, Options, Positive

Shots = Literal[0, 1, 3]


class HiBenchOptions(Options, frozen=True):
    """What is asked, and of which rows.

    - `task`: all, or several tasks (normal_add_node), subtasks (mirror_tree) or scenarios (json).
    - `shots`: how many solved examples stand before the question.
    - `input_mode`: how trees are drawn: edge, hierarchy, or both, each question once in either.
    - `names`: JSON with meaningful names, with nonsense ones, or both.
    - `data`: official files in `data_dir`, or synthetic rows made from `seed`, of all scenarios but
      code and paper.
    - `rows`: how many synthetic rows a cell of the grid has.
    - `formula_rows`: how many rows of an official formula file are asked; None is all. Of the one
      file `path` all are.
    - `path`: one official file, or a file of official responses.
    - `context`: whether a JSON structure or a source file that is missing beside `path` is an
      error, or left out of the question, which will do for grading.
    """

    name: str = "hibench"
    task: str | tuple[str, ...] = "all"
    shots: Shots = 0
    input_mode: Literal["both", "edge", "hierarchy"] = "both"
    names: Literal["both", "meaningful", "nonsense"] = "both"
    data: Literal["synthetic", "official"] = "synthetic"
    data_dir: str = "."
    rows: Positive = 5
    seed: NonNegative = 0
    formula_rows: Positive | None = 13
    path: str | None = None
    context: Literal["required", "optional"] = "required"

"""The page of a recipe: Markdown, made of its card and of what the recipe says itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ...core.card import Card, CardTask, Cost
from ...core.config import Config
from ...core.layout import Column
from ..compose import Composer
from .facts import headings, place, published, reported, revision, settings, sources
from .markdown import bullets, code, commands, paragraph, table
from .numbers import quantity
from .options import Part, default_text, options_of, value_text
from .reading import RecipeCard

NOTICE = "<!-- Made of recipes/cards/{recipe}.yaml and the recipe by `make pages`: edit those. -->"

# Some spaces tell a command of `next_steps` from the remark behind it.
_REMARK = "   "

_GRADED = "predictions=mine.jsonl --out graded.jsonl"


def page(composer: Composer, config: Config, told: RecipeCard) -> str:
    """Return the page of a composed recipe with its card. Raises ConfigError, DataError."""
    parts = [
        NOTICE.format(recipe=told.recipe),
        f"# {config.recipe.title}",
        *_measures(config, told.card),
        commands(list(_commands(config, told))),
        *_extended(told),
        *_tasks(config, told),
        *_options(composer, config, told),
        *_runs(config),
        *(f"## {section.title}\n\n{section.text.strip()}" for section in told.card.sections),
        *_data(config, told),
        *_cost(told.card.cost),
        *_layouts(config),
        *_reported(composer, config, told.card),
        *_faithful(told),
    ]
    return "\n\n".join(parts) + "\n"


def _measures(config: Config, card: Card) -> Iterator[str]:
    yield paragraph(card.measures)
    where = published(config, card)
    if where:
        yield paragraph(f"Published: {where}.")


def _commands(config: Config, told: RecipeCard) -> Iterator[tuple[str, str]]:
    card = told.card
    if card.extras:
        yield f"pip install 'evalrun[{','.join(card.extras)}]'", "what it needs beyond the core"
    if sources(config):
        yield f"evalrun fetch {told.recipe}", "the official files, checked"
    yield from ((command.run, command.note) for command in card.commands)
    for step in config.recipe.next_steps:
        command, _, remark = step.partition(_REMARK)
        yield command.strip(), remark.strip()
    if card.score:
        yield f"evalrun score recipe={told.recipe} {card.score} {_GRADED}", "replies made elsewhere"


def _extended(told: RecipeCard) -> Iterator[str]:
    if told.extends:
        link = f"[{told.extends}]({told.extends}.md)"
        yield paragraph(f"What is not said here is as on the page of {link}.")


def _tasks(config: Config, told: RecipeCard) -> Iterator[str]:
    if "tasks" in told.inherited:
        return
    tasks = told.card.tasks
    columns = {
        "task": [", ".join(map(code, task.names)) for task in tasks],
        "group": ["; ".join(_groups(config, task)) for task in tasks],
        "what is asked": [task.asks for task in tasks],
        "metric": [task.metric or "" for task in tasks],
        "reply tokens": [task.reply_tokens or "" for task in tasks],
        "rows": [_rows(task) for task in tasks],
    }
    shown = {heading: cells for heading, cells in columns.items() if any(cells)}
    yield "## Tasks\n\n" + table(list(shown), zip(*shown.values(), strict=True))


def _groups(config: Config, task: CardTask) -> Iterator[str]:
    """Yield the groups of the recipe's tables that hold one of the tasks."""
    for group, members in config.table.groups.items():
        if set(task.names) & set(members):
            yield group


def _rows(task: CardTask) -> str:
    if isinstance(task.rows, str):
        return task.rows
    return f"{task.rows:,}" + (" each" if len(task.names) > 1 else "")


def _options(composer: Composer, config: Config, told: RecipeCard) -> Iterator[str]:
    parts: tuple[Part, ...] = ("benchmark", "scorer")
    tables = [
        table(
            (f"key of {code(part)}", "default", ""),
            [(code(o.key), code(default_text(o.default)), o.comment) for o in options],
        )
        for part in parts
        if (options := options_of(composer, told.recipe, config, part))
    ]
    settled = ", ".join(code(f"{key}={value_text(value)}") for key, value in settings(config))
    yield "\n\n".join(("## Options", *tables, paragraph(f"The recipe sets {settled}.")))


def _runs(config: Config) -> Iterator[str]:
    if not config.sweep:
        return
    runs = math.prod(map(len, config.sweep))
    axes = (", ".join(map(code, axis)) for axis in config.sweep)
    every = "every combination of one entry of each line." if len(config.sweep) > 1 else ""
    told = f"{runs} runs: {every}".strip()
    yield f"## Runs\n\n{told}\n\n{bullets(axes)}"


def _data(config: Config, told: RecipeCard) -> Iterator[str]:
    if {"source", "licence"} <= told.inherited:
        return
    parts = ["## Data", paragraph(f"{told.card.source} Licence: {told.card.licence}.")]
    found = sources(config)
    if found:
        rows = [(place(one), revision(one), ", ".join(map(code, one.files))) for one in found]
        parts.append(table(("repository", "revision", "files"), rows))
    yield "\n\n".join(parts)


def _cost(cost: Cost | None) -> Iterator[str]:
    if cost is None:
        return
    header = ("requests", "input tokens", "output tokens")
    amounts = (cost.requests, cost.input_tokens, cost.output_tokens)
    full = table(header, [[quantity(amount) for amount in amounts]])
    note = paragraph(f"{cost.note} `run.dry=true` counts what a run of yours would take.")
    yield f"## Cost of a full run\n\n{full}\n\n{note}"


def _layouts(config: Config) -> Iterator[str]:
    if not config.table.layouts:
        return
    rows = [
        (code(name), layout.title, ", ".join(map(code, layout.rows)), _columns(layout.columns))
        for name, layout in config.table.layouts.items()
    ]
    command = f"`evalrun table outputs/{config.recipe.name} --layout NAME`:"
    header = ("layout", "shows", "a row for each", "columns")
    yield f"## Tables\n\n{command}\n\n{table(header, rows)}"


def _columns(columns: Sequence[Column]) -> str:
    told = (
        f"{under}: {', '.join(names)}" if under else ", ".join(names)
        for under, names in headings(columns)
    )
    return "; ".join(told)


def _reported(composer: Composer, config: Config, card: Card) -> Iterator[str]:
    found = reported(config, composer.folders)
    if not found and not card.reported:
        return
    parts = ["## Reported numbers"]
    if card.reported:
        parts.append(paragraph(card.reported))
    if found:
        rows = [
            (one.source, one.table, code(one.layout), one.seen, str(one.numbers)) for one in found
        ]
        parts.append("With `--paper` they stand beside yours.")
        parts.append(table(("source", "table", "layout", "seen", "numbers"), rows))
    yield "\n\n".join(parts)


def _faithful(told: RecipeCard) -> Iterator[str]:
    faithful = told.card.faithful
    if faithful is None or "faithful" in told.inherited:
        return
    parts = [
        "## How faithful",
        paragraph(f"Compared with {faithful.official}. Prompts: {faithful.prompts}."),
    ]
    if faithful.data:
        parts.append(paragraph(f"Data: {faithful.data}."))
    if faithful.compared:
        rows = [(one.what, f"{one.cases:,}", f"{one.agreeing:,}") for one in faithful.compared]
        parts.append(table(("replies", "cases", "agreeing"), rows))
    if faithful.agrees:
        parts += ["What agrees, too:", bullets(faithful.agrees)]
    parts += ["What differs:", bullets(f"**{d.title}.** {d.text}" for d in faithful.differences)]
    if faithful.not_run:
        parts.append(paragraph(f"Not run: {faithful.not_run}"))
    yield "\n\n".join(parts)

"""The categories of WildBench's requests, and the five groups that its tables have."""

from __future__ import annotations

from collections.abc import Iterable

# By the names of labels. Source: task_group_new of `_create_tables.py`.
GROUPS: dict[str, tuple[str, ...]] = {
    "creative": ("Creative Writing", "Editing", "Brainstorming", "Role playing", "Others"),
    "planning": ("Reasoning", "Planning"),
    "math": ("Math", "Data Analysis"),
    "information": ("Information seeking", "Advice seeking"),
    "coding": ("Coding & Debugging",),
}
CATEGORIES = frozenset(category for members in GROUPS.values() for category in members)


def labels_of(categories: Iterable[str]) -> dict[str, str]:
    """Return for each group whether one of `categories` is in it: a request may be in several."""
    tags = set(categories)
    return {group: "yes" if tags & set(members) else "no" for group, members in GROUPS.items()}

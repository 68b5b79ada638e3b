"""Names of jobs as SLURM writes them: "1234", "1234_5", "1234_[0-3,7]"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

# Longer lists of tasks become several names: a command line holds only so much.
_TASKS = 500


def array_of(handle: str) -> str:
    """Return the id that squeue and sacct look up: the array's, or the job's own."""
    return handle.partition("_")[0]


def compressed(handles: Collection[str]) -> list[str]:
    """Return names for all `handles`, those of one array together."""
    tasks: dict[str, list[int]] = defaultdict(list)
    names: list[str] = []
    for handle in handles:
        array, _, task = handle.partition("_")
        if task:
            tasks[array].append(int(task))
        else:
            names.append(array)
    for array, numbers in tasks.items():
        ordered = sorted(numbers)
        parts = (ordered[first : first + _TASKS] for first in range(0, len(ordered), _TASKS))
        names.extend(f"{array}_[{_ranges(part)}]" for part in parts)
    return names


def expanded(name: str) -> Iterator[str]:
    """Yield the handles that a name of SLURM's stands for, such as "1234_[0-3,7%2]"."""
    array, bracket, tasks = name.partition("_[")
    if not bracket:
        yield name
        return
    for part in tasks.rstrip("]").partition("%")[0].split(","):
        first, _, last = part.partition("-")
        yield from (f"{array}_{task}" for task in range(int(first), int(last or first) + 1))


def _ranges(ordered: Iterable[int]) -> str:
    """Return numbers in ascending order as "0-3,7"."""
    runs: list[tuple[int, int]] = []
    for number in ordered:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)

"""The same questions as a task of inspect-ai."""

from inspect_ai import Task, task
from inspect_ai.dataset import FieldSpec, json_dataset
from inspect_ai.scorer import match
from inspect_ai.solver import generate


@task
def short_mock(rows: str) -> Task:
    """Ask the `input` of each row; right is what the reply ends with."""
    fields = FieldSpec(input="input", target="target", id="id")
    return Task(dataset=json_dataset(rows, fields), solver=generate(), scorer=match())

"""What an architecture is: layers of components, each with the model that plays it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...core.config import Options, Positive

Temperature = Annotated[float, msgspec.Meta(ge=0)]


class _Asks(Options, frozen=True, kw_only=True):
    """What every component says of its model and of how its replies are decoded.

    `temperature` and `max_tokens` are those of the run where a component leaves them out.
    `model_type`, the official name of a provider, is accepted and means nothing here: the run says
    which endpoint a model is. `no_system` leaves out the system message.
    """

    type: str
    model: str
    model_type: str = ""
    temperature: Temperature | None = None
    max_tokens: Positive | None = None
    samples: Positive = 1
    no_system: bool = False


class Generator(_Asks, frozen=True, kw_only=True):
    """Answers the conversation, `samples` times."""


class Fuser(_Asks, frozen=True, kw_only=True):
    """Makes one answer of all candidates, `samples` times."""

    length_control: bool = False


class Ranker(_Asks, frozen=True, kw_only=True):
    """Keeps the best `top_k` candidates. With `use_critiques` each must have its critique."""

    top_k: Positive
    use_critiques: bool = False


class Critic(_Asks, frozen=True, kw_only=True):
    """Writes a critique of each candidate."""


class Verifier(_Asks, frozen=True, kw_only=True):
    """Keeps the candidates judged correct, or the first `first_k` of them."""

    first_k: Positive | None = None


class UnitTestGenerator(_Asks, frozen=True, kw_only=True):
    """Writes checks that an answer should pass: `unit_test_cap` of them, if that is said."""

    unit_test_cap: Positive | None = None


class UnitTestEvaluator(_Asks, frozen=True, kw_only=True):
    """Orders candidates by the unit tests they pass, and keeps the best `top_k` (None: all).

    With `first_k` it stops when so many pass all of them. `first_pass` is an old name of
    `first_k=1`. `unit_test_cap` is accepted and means nothing, as officially.
    """

    remove_unit_tests_from_prompt: bool = False
    unit_test_cap: Positive | None = None
    top_k: Positive | None = None
    first_k: Positive | None = None
    first_pass: bool = False

    @property
    def enough(self) -> int | None:
        """How many candidates that pass everything are enough; None looks at all."""
        return self.first_k or (1 if self.first_pass else None)


Component = Generator | Fuser | Ranker | Critic | Verifier | UnitTestGenerator | UnitTestEvaluator
Layer = tuple[Component, ...]

COMPONENTS: dict[str, type[Component]] = {
    "generator": Generator,
    "fuser": Fuser,
    "ranker": Ranker,
    "critic": Critic,
    "verifier": Verifier,
    "unit_test_generator": UnitTestGenerator,
    "unit_test_evaluator": UnitTestEvaluator,
}


class Architecture(msgspec.Struct, frozen=True):
    """Layers, which run one after another; the components of one all see what was before it."""

    name: str
    layers: tuple[Layer, ...]

    @property
    def inference_calls(self) -> int:
        """The official count of calls: the sum of `samples`.

        Calls that are made differ: a verifier makes two of each candidate, a unit test evaluator
        one, and replies that cannot be read are asked for again.
        """
        return sum(component.samples for layer in self.layers for component in layer)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of its models, each once."""
        names = (component.model for layer in self.layers for component in layer)
        return tuple(dict.fromkeys(names))

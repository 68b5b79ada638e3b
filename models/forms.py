"""Forms of replies that an endpoint does not offer."""

from __future__ import annotations

from ..core.errors import EndpointError
from ..core.exchange import ReplyForm

_REMEDY = "take a model that does"


def refuse_form(
    form: ReplyForm,
    engine: str,
    *,
    schemas: bool = False,
    tools: bool = False,
    continuations: bool = False,
) -> None:
    """Do nothing if the endpoint offers all that `form` asks for. Raises EndpointError.

    `schemas`, `tools` and `continuations` say what it offers.
    """
    if form.reply_schema is not None and not schemas:
        raise EndpointError(
            f"{engine} cannot hold replies to a JSON schema; {_REMEDY}: an API, a server, or "
            "model.engine=vllm"
        )
    if form.tools and not tools:
        raise EndpointError(
            f"{engine} takes no tools; {_REMEDY}: an API or a server; agents may also say "
            "protocol.calling=prompted"
        )
    if form.continuations and not continuations:
        raise EndpointError(
            f"{engine} does not tell how likely given replies are; {_REMEDY}: a server that tells "
            "logprobs, or model.engine=vllm"
        )

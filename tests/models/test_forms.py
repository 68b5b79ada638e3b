"""Forms of replies that an endpoint does not offer."""

from __future__ import annotations

import pytest

from evalrun.core.errors import EXIT_USAGE, EndpointError
from evalrun.core.exchange import FREE_TEXT, ReplyForm, Tool
from evalrun.models.forms import refuse_form

FORMS = {
    "schemas": ReplyForm(reply_schema={}),
    "tools": ReplyForm(tools=(Tool("add"),)),
    "continuations": ReplyForm(continuations=("A",)),
}


@pytest.mark.parametrize("offered", FORMS)
def test_what_is_not_offered_ends_the_run_with_the_way_out(offered: str) -> None:
    refuse_form(FORMS[offered], "engine", **{offered: True})
    with pytest.raises(EndpointError, match=r"engine .*; take a model that does") as caught:
        refuse_form(FORMS[offered], "engine", **{name: name != offered for name in FORMS})
    assert caught.value.exit_code == EXIT_USAGE


def test_free_text_is_never_refused() -> None:
    refuse_form(FREE_TEXT, "engine")

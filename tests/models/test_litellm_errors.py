"""What LiteLLM raises, as errors a user can act on."""

from __future__ import annotations

import ssl
from importlib.util import find_spec

import httpx
import pytest

from evalrun.core.errors import EndpointError, SampleError
from evalrun.models.api_errors import Caller
from evalrun.models.litellm_client import import_litellm
from evalrun.models.litellm_errors import translated

# Found, not imported: an import before ours would go out for a price list.
pytestmark = pytest.mark.skipif(find_spec("litellm") is None, reason="needs the api extra")

CALLER = Caller("claude", "https://h:8443/v1", "ANTHROPIC_API_KEY", ())


def raised(name: str, message: str, status: int = 400) -> Exception:
    """Return LiteLLM's exception `name`, made from an answer with `status`."""
    litellm = import_litellm()
    request = httpx.Request("POST", "https://h/v1")
    response = httpx.Response(status, request=request)
    kind = getattr(litellm.exceptions, name)
    return kind(message=message, model="claude", llm_provider="anthropic", response=response)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ContextWindowExceededError", "context_length"),
        ("ContentPolicyViolationError", "content_filter"),
        ("BadRequestError", "bad_request"),
    ],
)
def test_a_wording_that_only_litellm_knows_counts(name: str, kind: str) -> None:
    error = translated(raised(name, "in words of a provider's own"), CALLER)
    assert isinstance(error, SampleError)
    assert (error.kind, error.passing) == (kind, False)
    assert str(error) == "claude at https://h:8443/v1: in words of a provider's own"


def test_a_setting_that_litellm_knows_to_be_refused_ends_the_run() -> None:
    litellm = import_litellm()
    error = litellm.exceptions.UnsupportedParamsError(
        message="claude does not support parameters: ['seed']", model="claude", llm_provider="x"
    )
    found = translated(error, CALLER)
    assert isinstance(found, EndpointError)
    assert "refuses a setting (claude does not support" in str(found)


def test_a_certificate_that_is_not_trusted_is_told_as_everywhere() -> None:
    error = import_litellm().exceptions.APIConnectionError(
        message="Connection error.", model="claude", llm_provider="anthropic"
    )
    error.__cause__ = distrust = ssl.SSLCertVerificationError()
    distrust.verify_message = "self-signed certificate"
    found = translated(error, CALLER)
    assert isinstance(found, EndpointError)
    told = "the certificate of h:8443 cannot be verified (self-signed certificate)"
    assert told in str(found)

"""What servers answer instead of a reply, and what a user is told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from evalrun.core.errors import EndpointError, SampleError
from evalrun.models.api_errors import (
    Caller,
    Failure,
    classified,
    failure_in,
    failure_of,
    redirected,
    retry_after_s,
)

KEY = "sk-test-0123456789abcdefghij"
CALLER = Caller("served", "http://h:1/v1", "OPENAI_API_KEY", (KEY,))


def told(status: int, body: Any, **headers: str) -> SampleError | EndpointError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classified(failure_of(status, raw, headers), CALLER)


def sample_error(error: SampleError | EndpointError) -> SampleError:
    assert isinstance(error, SampleError), error
    return error


# The pause that a server asks for


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 99999999 07:28:00 GMT"}, None),
    ],
)
def test_a_pause_is_read_in_all_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


@pytest.mark.parametrize("clock_off", [-86_400, 0, 3 * 86_400])
def test_a_date_is_read_by_the_clock_of_the_server_that_named_it(clock_off: int) -> None:
    server_time = datetime(2024, 2, 29, 12, tzinfo=timezone.utc) + timedelta(seconds=clock_off)
    headers = {
        "date": format_datetime(server_time, usegmt=True),
        "retry-after": format_datetime(server_time + timedelta(seconds=90), usegmt=True),
    }
    assert retry_after_s(headers) == 90.0


def test_without_a_date_of_the_answer_our_clock_counts() -> None:
    date = datetime.now(timezone.utc) + timedelta(hours=1)
    pause = retry_after_s({"retry-after": format_datetime(date, usegmt=True)})
    assert pause is not None
    assert 3500 < pause <= 3600


# By status


@pytest.mark.parametrize(
    ("status", "kind", "passing"),
    [
        (400, "bad_request", False),
        (408, "timeout", True),
        (409, "server", True),
        (413, "context_length", False),
        (422, "bad_request", False),
        (425, "server", True),
        (429, "rate_limit", True),
        (500, "server", True),
        (502, "server", True),
        (503, "overloaded", True),
        (504, "server", True),
        (529, "overloaded", True),
    ],
)
def test_the_status_decides_what_happened(status: int, kind: str, passing: bool) -> None:
    error = sample_error(told(status, {"error": {"message": "odd"}}, **{"retry-after": "4"}))
    assert (error.kind, error.passing) == (kind, passing)
    assert error.retry_after_s == (4.0 if passing else None)
    assert str(error) == "served at http://h:1/v1: odd"


@pytest.mark.parametrize(
    ("status", "code", "way_out"),
    [
        (401, None, r"the API key was refused \(odd\); export OPENAI_API_KEY=KEY"),
        (402, None, r"no credit left \(odd\); raise its quota"),
        (403, None, r"access was denied \(odd\); check the rights of the key in OPENAI_API_KEY"),
        (404, None, r"no such model or address \(odd\); check model\.name and model\.api_base"),
        (405, None, "no such model or address"),
        (407, None, "the proxy wants credentials"),
        (429, "insufficient_quota", "no credit left"),
        (400, "model_not_found", "no such model"),
        (400, "unsupported_value", "refuses a setting .*change it under generation"),
    ],
)
def test_what_would_meet_every_sample_ends_the_run(
    status: int, code: str | None, way_out: str
) -> None:
    error = told(status, {"error": {"message": "odd", "code": code}})
    assert isinstance(error, EndpointError)
    with pytest.raises(EndpointError, match=way_out):
        raise error


# By the machine-readable code and the wording


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "odd", "code": "context_length_exceeded"}}),
        (400, {"error": {"message": "odd", "type": "exceed_context_size_error", "code": 400}}),
        # vLLM, which puts the error object at the top
        (400, {"object": "error", "message": "This model's maximum context length is 128 tokens."}),
        (400, {"error": {"message": "The prompt is longer than the maximum model length of 9"}}),
        # SGLang
        (400, {"message": "The input (9 tokens) is longer than the model's context length (4)."}),
        # llama.cpp
        (400, {"error": {"message": "the request exceeds the available context size"}}),
        (500, {"error": {"message": "context size has been exceeded", "code": 500}}),
        # TGI
        (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 9"}),
        (422, {"error": "`inputs` must have less than 1024 tokens", "error_type": "validation"}),
        # Gemini
        (400, [{"error": {"message": "input exceeds the maximum number of tokens allowed"}}]),
        # more than an account may send in a minute: it never will fit
        (429, {"error": {"message": "Request too large for m on tokens per min", "code": "x"}}),
    ],
)
def test_too_long_a_prompt_is_known_whoever_says_so(status: int, body: Any) -> None:
    error = sample_error(told(status, body))
    assert (error.kind, error.passing) == ("context_length", False)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "odd", "code": "content_filter"}}),
        (400, {"error": {"message": "odd", "code": "invalid_prompt"}}),
        (400, {"error": {"message": "It triggered our content management policy"}}),
        (403, {"error": {"message": "Your input was flagged", "code": 403}}),
    ],
)
def test_content_that_is_not_allowed_fails_its_own_sample_only(status: int, body: Any) -> None:
    error = sample_error(told(status, body))
    assert (error.kind, error.passing) == ("content_filter", False)


def test_a_passing_failure_that_mentions_the_context_stays_passing() -> None:
    body = {"error": {"message": "busy: others use the whole context size"}}
    assert sample_error(told(503, body)).kind == "overloaded"


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("Unsupported parameter: 'max_tokens' is not supported", "max_tokens_field=max_comp"),
        ("Unsupported value: 'temperature' does not support 0", "under generation"),
        ("Unrecognized request argument supplied: seed", "model.send_seed=false"),
    ],
)
def test_a_refused_setting_is_named_with_the_way_out(message: str, remedy: str) -> None:
    error = told(400, {"error": {"message": message}})
    assert isinstance(error, EndpointError)
    assert remedy in str(error)


def test_a_role_that_a_model_does_not_take_fails_its_own_sample_only() -> None:
    message = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
    error = sample_error(told(400, {"error": {"message": message, "code": "unsupported_value"}}))
    assert error.kind == "bad_request"


# What is told


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "HTTP status 500"),
        (b"<html>\n gateway </html>", "<html> gateway </html>"),
        ({"detail": "Not today"}, "Not today"),
        ({"detail": [{"loc": ["body"]}]}, '{"detail": [{"loc": ["body"]}]}'),
        ({"error": "plain"}, "plain"),
        ({"error": "Bad", "message": "the details"}, "the details"),
        ({"error": {"message": f"odd header: Bearer {KEY}"}}, "odd header: Bearer ***"),
        (["odd"], "odd"),
        (b'"odd"', "odd"),
        (b"\xff", "\ufffd"),
    ],
)
def test_a_message_is_found_in_any_body_and_holds_no_secret(body: Any, message: str) -> None:
    assert str(told(500, body)) == f"served at http://h:1/v1: {message}"


def test_a_secret_is_masked_even_where_the_message_is_cut() -> None:
    error = told(500, {"error": {"message": "x" * 390 + KEY}})
    assert KEY[:6] not in str(error)


# Errors without a status


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "upstream died", "code": 502}, "server"),
        ({"message": "busy", "code": 429}, "rate_limit"),
        ({"message": "busy", "code": "503"}, "overloaded"),
        ({"message": "busy", "type": "rate_limit_error"}, "rate_limit"),
        ({"message": "odd"}, "server"),
        ("odd", "server"),
    ],
)
def test_an_error_inside_a_good_answer_is_classified_by_its_code(error: Any, kind: str) -> None:
    found = sample_error(classified(failure_in(error), CALLER))
    assert (found.kind, found.passing) == (kind, True)


def test_nobody_is_told_to_export_a_key_of_no_name() -> None:
    caller = Caller("m", None, None, ())
    error = classified(Failure(status=401, message="who?"), caller)
    assert str(error) == "m: an API key is wanted (who?); export NAME=KEY"


# Redirects


@pytest.mark.parametrize(
    ("location", "told"),
    [
        (
            "https://h/v1/chat/completions",
            "to https://h/v1/chat/completions; say model.api_base=https://h/v1 ",
        ),
        ("/v2/chat/completions", "say model.api_base=http://h:1/v2 "),
        ("https://login.example/", "to https://login.example/; check model.api_base"),
        ("https://me:pw@h/v1/chat/completions", "say model.api_base=https://***@h/v1 "),
        (None, "redirects nowhere"),
    ],
)
def test_a_redirect_names_the_address_to_take_instead(location: str | None, told: str) -> None:
    asked = "http://h:1/v1/chat/completions"
    error = redirected(asked, location, "chat/completions", CALLER)
    assert told in str(error)
    assert "pw" not in str(error)

"""The pause that a server asks for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from evalrun.models.litellm_errors import retry_after_s


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_seconds_milliseconds_and_past_dates(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(headers) == seconds


def test_a_date_to_come_is_so_many_seconds_away() -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(hours=1), usegmt=True)
    pause = retry_after_s({"retry-after": date})
    assert pause is not None
    assert 3500 < pause <= 3600

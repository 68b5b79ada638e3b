"""The server answers its own page on this machine, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from report.run_folders import finished
from view.served import Served, serving

from evalrun.runners.folder import RunFolder

PATHS = ("/", "/live/overview.json", "/pieces/r0/index-0.js", "/files/r0/a.png")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    run = finished(tmp_path / "run", range(2))
    run.artifacts.mkdir()
    (run.artifacts / "a.png").write_bytes(b"picture")
    (run.artifacts / "a.html").write_bytes(b"<script>alert(1)</script>")
    (tmp_path / "secret.txt").write_text("secret")
    return run


@pytest.fixture
async def page(folder: RunFolder) -> AsyncGenerator[Served]:
    async with serving(folder.path) as served:
        await served.overview()
        yield served


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_security_headers(page: Served, path: str) -> None:
    status, headers, _ = await page.ask(path)
    assert status == 200
    assert headers["Cache-Control"] == "no-store"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert not any(name.startswith("Access-Control") for name in headers)


async def test_errors_have_the_security_headers_too(page: Served) -> None:
    status, headers, _ = await page.ask("/nosuch")
    assert (status, headers["X-Content-Type-Options"]) == (404, "nosniff")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.:{port}"]
)
async def test_requests_by_another_name_are_refused(page: Served, path: str, host: str) -> None:
    status, _, body = await page.ask(path, Host=host.format(port=page.port))
    assert status == 403
    assert b"picture" not in body


async def test_requests_without_a_host_are_refused(page: Served) -> None:
    assert b" 403 " in (await page.raw("GET / HTTP/1.0\r\n\r\n")).splitlines()[0]


async def test_localhost_is_answered(page: Served) -> None:
    assert (await page.ask("/", Host=f"localhost:{page.port}"))[0] == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_other_sites_cannot_include_what_is_served(
    page: Served, path: str, site: str
) -> None:
    assert (await page.ask(path, Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors"))[0] == 403


async def test_a_link_from_another_site_leads_to_the_page_alone(page: Served) -> None:
    link = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert (await page.ask("/", **link))[0] == 200
    assert (await page.ask("/live/overview.json", **link))[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
async def test_there_is_nothing_but_get(page: Served, path: str, method: str) -> None:
    assert (await page.ask(path, method))[0] == 405


async def test_an_artifact_is_given_with_its_kind(page: Served) -> None:
    _, headers, body = await page.ask("/files/r0/a.png")
    assert (headers["Content-Type"], body) == ("image/png", b"picture")
    assert "sandbox" in headers["Content-Security-Policy"]


async def test_what_is_no_image_and_no_sound_is_not_shown(page: Served) -> None:
    _, headers, _ = await page.ask("/files/r0/a.html")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


@pytest.mark.parametrize(
    "path",
    [
        "/files/r0/../config.yaml",
        "/files/r0/..%2fconfig.yaml",
        "/files/r0/%2e%2e/config.yaml",
        "/files/r0/%2e%2e%2f%2e%2e%2fsecret.txt",
        "/files/r0//etc/passwd",
        "/files/r0/%2fetc%2fpasswd",
        "/files/r0/a.png%00",
        "/files/r0/.",
        "/files/r9/a.png",
        "/files/../r0/a.png",
        "/pieces/r0/../../config.yaml.js",
        "/pieces/r0/..%2f..%2fconfig.js",
        "/pieces/r0/index-1.js",
        "/pieces/r0/rows-1.js",
        "/pieces/r0/rows--1.js",
        "/pieces/r0/rows-99999999999999999999.js",
        "/pieces/r0/rows-%D9%A0.js",
        "/pieces/r1/rows-0.js",
    ],
)
async def test_no_path_leads_anywhere_else(page: Served, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\nConnection: close\r\n\r\n"
    answer = await page.raw(request)
    assert answer.split(b" ", 2)[1] in (b"404", b"400"), answer[:300]


async def test_links_out_of_the_artifacts_are_not_followed(page: Served, folder: RunFolder) -> None:
    (folder.artifacts / "link.png").symlink_to(folder.path.parent / "secret.txt")
    (folder.artifacts / "a.png.gz").symlink_to(folder.path.parent / "secret.txt")
    assert (await page.ask("/files/r0/link.png"))[0] == 404
    _, _, body = await page.ask("/files/r0/a.png", Accept_Encoding="gzip")
    assert body == b"picture"

"""The page of a report: one HTML file that needs no network and no other file but its pieces.

Styles, scripts and Plotly stand inside it, and the overview as JSON that nothing runs. Its content
security policy names the scripts by their hashes, so that no text of a model or a data set can
become one, and lets nothing be asked of any network.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from ...core.errors import MissingExtraError
from ...core.unicode import well_formed
from .model import Overview
from .pieces import inert_json

# In the order in which they build on each other.
_STYLES = ("theme.css", "layout.css", "tables.css", "content.css", "print.css")
_SCRIPTS = (
    "namespace.js",
    "dom.js",
    "format.js",
    "route.js",
    "report.js",
    "pieces.js",
    "index.js",
    "criteria.js",
    "selection.js",
    "search.js",
    "differences.js",
    "pairs.js",
    "theme.js",
    "keyboard.js",
    "live.js",
    "table.js",
    "long-text.js",
    "list.js",
    "export.js",
    "overview-view.js",
    "run-view.js",
    "plots-view.js",
    "rows-columns.js",
    "rows-filters.js",
    "rows-view.js",
    "turn.js",
    "row-view.js",
    "side-by-side.js",
    "diff-view.js",
    "main.js",
)

_ASSETS = Path(__file__).with_name("assets")
_SLOT = re.compile(r"<!-- slot: (\w+) -->")


def page(overview: Overview, pieces: Iterable[tuple[str, bytes]] = ()) -> Iterator[str]:
    """Yield the text of index.html, part by part.

    `pieces` are names and texts of `pieces.script`: those given stand inside the page, the others
    are loaded from `pieces/<name>.js` beside it. Raises MissingExtraError where Plotly is absent.
    """
    own, plotly = _own_script(), _plotly()
    slots: dict[str, Iterable[str]] = {
        "policy": (_policy(own, plotly, live=overview.live),),
        "title": (html.escape(well_formed(overview.title)),),
        "style": (_joined("styles", _STYLES),),
        "overview": (inert_json(overview),),
        "script": (own,),
        "plotly": (plotly,),
        "pieces": (_embedded(name, text) for name, text in pieces),
    }
    template = (_ASSETS / "index.html").read_text(encoding="utf-8")
    for position, part in enumerate(_SLOT.split(template)):
        if position % 2:
            yield from slots[part]
        else:
            yield part


def _own_script() -> str:
    return _joined("scripts", _SCRIPTS)


def _joined(folder: str, names: Iterable[str]) -> str:
    texts = ((_ASSETS / folder / name).read_text(encoding="utf-8") for name in names)
    return "\n" + "\n".join(texts)


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingExtraError("a report's page", "report") from None
    text: str = get_plotlyjs()
    return text


def _policy(*scripts: str, live: bool) -> str:
    """Return the content security policy of a page with these scripts inside it.

    Pieces and media lie beside the page: 'self' is a server, file: a disk. Plotly writes styles
    into elements and exports pictures by way of blobs.
    """
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in scripts)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {hashes} 'self' file:",
            "style-src 'unsafe-inline'",
            "img-src 'self' file: data: blob:",
            "media-src 'self' file: data:",
            f"connect-src {'self' if live else 'none'!r}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(name: str, text: bytes) -> str:
    """Return `text` in an element that nothing runs; `name` and text hold no `<`."""
    return f'<script type="text/plain" id="pieces/{name}">{text.decode()}</script>\n'

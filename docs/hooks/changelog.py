"""Gives the site the changelog, which stands beside `docs/`, as a page."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add `changelog.md`; links lead from the folder of documents, not from the one above."""
    text = (Path(config.docs_dir).parent / "CHANGELOG.md").read_text(encoding="utf-8")
    page = File.generated(config, "changelog.md", content=text.replace("](docs/", "]("))
    files.append(page)
    return files

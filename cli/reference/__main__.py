"""`python -m evalrun.cli.reference DOCS`: make the reference pages anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .pages import pages


def main() -> None:
    """Write the pages into the folder of documents."""
    parser = argparse.ArgumentParser(prog="python -m evalrun.cli.reference", description=__doc__)
    parser.add_argument("docs", type=Path, help="the folder that the pages go to")
    docs: Path = parser.parse_args().docs
    made = pages()
    for name, text in made.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{docs}: {len(made)} pages\n")


if __name__ == "__main__":
    main()

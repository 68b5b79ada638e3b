"""`python -m evalrun.runners.cards DOCS`: make the pages of all cards anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..compose import Composer
from .writing import write_pages


def main() -> None:
    """Write the pages of the shipped recipes, and those of the folders that are named."""
    parser = argparse.ArgumentParser(prog="python -m evalrun.runners.cards", description=__doc__)
    parser.add_argument("docs", type=Path, help="the folder that the pages go to")
    parser.add_argument("--recipes", type=Path, action="append", default=[], metavar="DIR")
    chosen = parser.parse_args()
    made = write_pages(Composer(tuple(chosen.recipes)), chosen.docs)
    sys.stdout.write(f"{chosen.docs}: {made} pages\n")


if __name__ == "__main__":
    main()

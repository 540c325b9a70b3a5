"""`make docs`: build the site and follow every link in it."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from .maker.pages import write

SOURCES = Path(__file__).parent
BUILD = SOURCES.parent / "build" / "docs"


def main() -> int:
    """Return the exit status: 0 if the site was built without a warning."""
    write(SOURCES / "reference")
    options = ["--fail-on-warning", "--keep-going", "--nitpicky", "--jobs=auto", "--quiet"]
    site = BUILD / "site"
    status = build_main([*options, "-d", str(BUILD / "doctrees"), str(SOURCES), str(site)])
    if status == 0:
        print(f"The site is in {site.relative_to(SOURCES.parent)}: open index.html.")
    return status


if __name__ == "__main__":
    sys.exit(main())

"""`make docs`: write the reference, build the site, and follow every link in it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from .maker.follow import broken
from .maker.pages import write

SOURCES = Path(__file__).parent
ROOT = SOURCES.parent
BUILD = ROOT / "build" / "docs"


def main() -> int:
    """Return the exit status: 0 if the site was built without a warning and no link in it is broken."""
    began = time.monotonic()
    generated = write(SOURCES / "reference")
    site = BUILD / "site"
    # always the whole site: where only some pages are read again, the others are not warned of, and the search loses
    # their index entries
    options = [
        "--fresh-env",
        "--write-all",
        "--fail-on-warning",
        "--keep-going",
        "--nitpicky",
        "--jobs=auto",
        "--quiet",
        *sys.argv[1:],
    ]
    command = [sys.executable, "-m", "sphinx", *options, "-d", str(BUILD / "doctrees"), str(SOURCES), str(site)]
    if status := subprocess.run(command, cwd=ROOT, check=False).returncode:
        return status
    links, wrong = broken(site)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    pages = len([*site.rglob("*.html")])
    print(f"{pages} pages, {generated} of them the reference; {size / 1e6:.1f} MB; {time.monotonic() - began:.0f} s")
    print(f"{links} links followed, {len(wrong)} of them broken")
    print(f"The site is in {site.relative_to(ROOT)}; open index.html.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

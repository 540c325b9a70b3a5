"""Follow every link of a built site, without a network: pages, anchors, pictures, styles and scripts must be there."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

_LOADED = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("iframe", "src")}


class Link(NamedTuple):
    """A link, and whether a browser loads what it leads to by itself."""

    target: str
    loaded: bool


class Page(HTMLParser):
    """The links and anchors of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {"", "top"}
        self.links: list[Link] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the anchors and links of a tag."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in ("href", "src") and value is not None:
                self.links.append(Link(value, (tag, name) in _LOADED))


def broken(site: Path) -> tuple[int, list[str]]:
    """Return how many links a site has, and those that lead nowhere, or load something from elsewhere."""
    pages = {path: Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    found = [f"{path.relative_to(site)}: {problem}" for path in pages for problem in _problems(site, path, pages)]
    return sum(len(page.links) for page in pages.values()), found


def _problems(site: Path, path: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for link in dict.fromkeys(pages[path].links):
        parts = urlsplit(link.target)
        if parts.scheme or parts.netloc:
            if link.loaded and parts.scheme != "data":
                yield f"loads {link.target}"
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file() or not target.is_relative_to(site):
            yield f"there is no {link.target}"
        elif target in pages and unquote(parts.fragment) not in pages[target].anchors:
            yield f"there is no anchor {link.target}"

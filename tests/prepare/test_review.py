"""The reports: what they count and suggest, and that no document can put anything into them but text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prepare.change import Change, Level, Side
from prepare.correct import Action, Idle
from prepare.review import SEVERAL, WHOLE, Review, changelog, next_version, printable, resource_of, sections
from prepare.show import SHOWN, fragment, lists, markdown, page, terminal, verdict

CHANGE = Change(Level.BREAKING, Side.REQUEST, "a-b", ("a.b",), "/p", "a.b", "It changed.", "int", "str")
HOSTILE = "</code><script>alert(1)</script>|`**x**](http://evil)\x1b[31m\u202e\n# head <img src=x onerror=y>"


def change(**parts: object) -> Change:
    return replace(CHANGE, **parts)  # type: ignore[arg-type]


def review(*changes: Change, **parts: object) -> Review:
    return replace(Review("T", "1", "2", list(changes)), **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("current", "levels", "wanted"),
    [
        ("0.3.1", "", "0.3.1"), ("0.3.1", "d", "0.3.2"), ("0.3.1", "cd", "0.3.2"), ("0.3.1", "bc", "0.4.0"),
        ("1.2.3", "", "1.2.3"), ("1.2.3", "d", "1.2.4"), ("1.2.3", "dc", "1.3.0"), ("1.2.3", "db", "2.0.0"),
    ],
)  # fmt: skip
def test_the_step_of_the_version(current: str, levels: str, wanted: str) -> None:
    """Below 1.0.0 only a minor step may break; from then on, Semantic Versioning."""
    known = {level.value[0]: level for level in Level}
    assert next_version(current, [change(level=known[each]) for each in levels]) == wanted


def test_changes_are_by_level_and_resource() -> None:
    """Breaking ones first; what concerns several resources, or none, after the others."""
    changes = [
        change(level=Level.DOCUMENTATION),
        change(operations=()),
        change(operations=("a.b", "c.d")),
        change(operations=("z.y",)),
        change(operations=("a.b", "a.c")),
    ]
    found = sections(changes)
    assert [(section.level, section.size) for section in found] == [(Level.BREAKING, 4), (Level.DOCUMENTATION, 1)]
    assert list(found[0].groups) == ["a", "z", SEVERAL, WHOLE]
    assert resource_of(change(operations=("chat.completions.create",))) == "chat.completions"


def test_the_changelog_is_for_users() -> None:
    """What came, what changed, what went, breaking first; prose is no news."""
    changes = [
        change(kind="x-added", level=Level.COMPATIBLE, text="new"),
        change(kind="x-changed", level=Level.COMPATIBLE, text="calm"),
        change(kind="x-changed", text="harsh"),
        change(kind="x-removed", text="gone"),
        change(level=Level.DOCUMENTATION),
    ]
    assert list(changelog(review(*changes))) == ["Added", "Changed", "Removed"]
    assert fragment(review(*changes)) == (
        "### Added\n\n- new\n\n### Changed\n\n- **Breaking:** harsh\n- calm\n\n### Removed\n\n- **Breaking:** gone"
    )
    assert fragment(review()) == "Nothing for users."


def test_one_sentence_says_what_it_means() -> None:
    """Whether anything breaks is the first thing a person wants to know."""
    assert verdict(review()) == "Nothing changed."
    assert verdict(review(change(level=Level.COMPATIBLE))) == "Nothing breaks."
    assert verdict(review(CHANGE)).endswith("may break: 1 breaking change.")
    assert verdict(review(CHANGE, CHANGE)).endswith("may break: 2 breaking changes.")


def test_the_terminal_shows_all_that_breaks_and_some_of_the_rest() -> None:
    """The files hold the whole."""
    calm = [change(level=Level.COMPATIBLE, operations=(f"r{n:03}.x",), side=Side.NEITHER) for n in range(SHOWN + 5)]
    text = terminal(review(*[CHANGE] * 50, *calm), "1.0.0")
    assert text.count("It changed. (a-b, request)") == 50
    assert text.count("It changed. (a-b)\n") == SHOWN
    assert text.endswith("  and 5 more, in the files\n")


def test_what_is_beside_the_changes_has_its_headings() -> None:
    """And none where there is nothing to say."""
    idle = Idle(Action("a.yaml#0", "$.a", "because", "seen", "update", 1), "changes nothing")
    full = review(names={"GET /a": "a.b"}, stale_names=["s"], idle=[idle], lacking=["/l"], doubtful=["d"], notes=["n"])
    assert lists(review()) == {}
    assert [lines[0] for lines in lists(full).values()] == ["GET /a: a.b", "s", str(idle), "/l", "d", "n"]
    for text in (terminal(full, "1.0.0"), markdown(full, "1.0.0"), page(full, "1.0.0")):
        assert "because" in text


class _Elements(HTMLParser):
    """Collects the elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag with the names of its attributes."""
        self.found.add((tag, tuple(name for name, _ in attrs)))


def told(text: str) -> Review:
    """Return a review with a text wherever a document can put one."""
    changes = [
        change(level=level, side=side, pointer=text, python=text, text=text, before=text, after=text)
        for level in Level
        for side in Side
    ]
    idle = Idle(Action(text, text, text, text, "update", 1), text)
    lines = {name: [text] for name in ("stale_names", "lacking", "doubtful", "notes")}
    return review(*changes, title=text, old=text, new=text, names={text: text}, idle=[idle], **lines)


def test_a_hostile_document_cannot_put_markup_into_the_page() -> None:
    """The elements of the page are those of a harmless one, and no script, style or address is allowed to load."""
    assert _Elements(page(told(HOSTILE), "1.0.0")).found == _Elements(page(told("calm"), "1.0.0")).found
    assert "default-src 'none'; style-src 'unsafe-inline'" in page(review(), "1.0.0")
    assert not re.search(r"(src|href|url)\s*[=(]", page(told("calm"), "1.0.0"))


@given(text=st.text(max_size=40) | st.text("`|\\<>[]()*_#!&\n -", max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_a_document_says_every_report_keeps_its_lines(text: str) -> None:
    """No line is added, no table gets a cell more, and nothing reaches a terminal that it would obey."""
    for render in (terminal, markdown):
        said, calm = render(told(text), "1.0.0"), render(told("calm"), "1.0.0")
        assert said.count("\n") == calm.count("\n")
        assert said == "\n".join(printable(line) for line in said.split("\n"))
    rows = [line for line in markdown(told(text), "1.0.0").split("\n") if line.startswith("| request ")]
    assert {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows} == {5}
    assert _Elements(page(told(text), "1.0.0")).found <= _Elements(page(told("calm"), "1.0.0")).found


def test_text_that_commands_is_spelled_out() -> None:
    """A terminal obeys an escape, a reader is fooled by a turn of direction."""
    assert printable("a\x1b[1m\u202eb\nc\x00\ud800é") == "a\\u{1b}[1m\\u{202e}b c\\u{0}\\u{d800}é"

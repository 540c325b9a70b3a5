"""The reports: they say what the results say, hold nothing that a gateway could do harm with, and can be used."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock, Request, Response
from tests.contract.__main__ import main as contract
from tests.contract.book import GATEWAY
from tests.contract.document import DOCUMENT, operations, part
from tests.contract.faults.fault import Fault, answers, header
from tests.contract.partial import Changed, Partial
from tests.contract.profiles import Profile, load
from tests.contract.report.__main__ import main as report
from tests.contract.report.junit import junit
from tests.contract.report.markdown import badge, summary
from tests.contract.report.page import page
from tests.contract.report.view import WORDS, Run, columns, verdict
from tests.contract.report.write import write, write_run
from tests.contract.results import VERDICTS, Deviation, Finding, OperationResult, Received, Results, Sent
from tests.contract.run import run
from tests.mock.browser import CHROMIUM, Page, opened

SNAPSHOTS = Path(__file__).parent / "snapshots"
READ, LIST, CANCEL = "GET /files/{file_id}", "GET /files", "POST /batches/{batch_id}/cancel"
HOSTILE = (
    "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 2'>\"]]>--> `x` | [a](javascript:x)\0"
)


def finding(operation: str = READ, check: str = "server_error", **more: Any) -> Finding:
    sent = Sent("GET", "http://gateway.test/v1/files/a", (("authorization", "Bearer $KEY"),), "")
    received = Received(500, (("content-type", "application/json"),), '{"error": {"message": "oops"}}')
    found = Finding(operation, check, "fail", "The answer was 500.", "RFC 9110, section 15.6", sent, received)
    return replace(
        found, **{"curl": "curl -i http://gateway.test/v1/files/a", "call": "client.files.retrieve('a')", **more}
    )


def results(gateway: str, *found: Finding, **more: Any) -> Results:
    failed = {each.operation for each in found if each.weight == "fail"}
    remarked = {each.operation for each in found}
    names = {LIST: "files.list", READ: "files.retrieve", CANCEL: "batches.cancel"}
    every = tuple(
        OperationResult(path, name, "fail" if path in failed else "non-strict" if path in remarked else "pass")
        for path, name in names.items()
    )
    absent = OperationResult("POST /audio/speech", "audio.speech.create", "unimplemented", "the profile says so")
    document = {"title": "Portkey API", "version": "2.0.0", "digest": "0"}
    made = Results(gateway, "http://gateway.test/v1", 7, "quick", document, 42, 1.5, (*every, absent), found)
    return replace(made, **more)


def runs() -> list[Run]:
    """Of one gateway two runs, of another one, and of a third none that came to anything."""
    known = finding(LIST, "paging", message="has_more is not `true`.", expected="it knows no pages")
    before = results("acme", known, finding(CANCEL, "batch_cancel_late", message="<b>200</b> | was answered."))
    loose = finding(LIST, "trailing_slash", weight="non-strict", message="With a slash it is not there.")
    gone = (Deviation("GET /models", "paging", "it had no pages"),)
    after = results("acme", known, finding(times=3), gone=gone)
    missing = "nothing answers at http://gateway.test/v1; start it first"
    untried = tuple(
        OperationResult(each.operation, each.name, "not testable", missing) for each in after.operations[:2]
    )
    dead = results("dead", operations=untried, missing=(missing,))
    whole = finding(GATEWAY, "server_error", call="")
    unmade = {"batch_life": "needs POST /batches"}
    good = results("good", loose, unmade=unmade)
    return [
        Run("main.json", before),
        Run("good.json", good),
        Run("acme.json", replace(after, findings=(*after.findings, whole))),
        Run("dead.json", dead),
    ]


def snapshot(name: str, text: str) -> None:
    """Compares with what is committed; `UPDATE=1` writes it anew."""
    path = SNAPSHOTS / name
    if os.environ.get("UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_summary() -> None:
    """The Markdown for CI: a badge line for each gateway, a table, what stands against each, and what changed."""
    snapshot("summary.md", summary(columns(runs())))


def test_junit() -> None:
    """JUnit has a suite for each gateway and a case for each operation; the last run of a gateway counts."""
    snapshot("junit.xml", junit(columns(runs())))


def test_runs_that_are_hard_to_compare() -> None:
    """Where the depth or the document is another one, the page and the summary say so."""
    before = results("acme")
    for after, words in (
        (replace(before, depth="deep"), "The depth was quick, and is deep."),
        (replace(before, document={"title": "Other"}), "The two runs were held to different documents."),
    ):
        every = columns([Run("a", before), Run("b", after)])
        assert words in summary(every)
        assert words in page(every)


def test_a_long_list_and_a_finding_without_a_request() -> None:
    """Markdown counts what is too much to list, and the page shows a finding of which no request is known."""
    found = [finding(message=f"It is {number}.", sent=None, received=None) for number in range(33)]
    every = columns([Run("a", results("acme", *found))])
    assert "It is 29." in summary(every)
    assert "It is 30." not in summary(every)
    assert "- and 3 more\n" in summary(every)
    cell = harmless(page(every)).data["gateways"][0]["cells"][2]
    assert (len(cell["findings"]), cell["more"]) == (20, 13)
    assert "sent" not in cell["findings"][0]


# -- all kinds of results

_TEXTS = st.text(st.characters(), max_size=12) | st.just(HOSTILE)
_OPERATIONS = (LIST, READ, CANCEL)
_FINDINGS = st.builds(
    finding,
    st.sampled_from([*_OPERATIONS, GATEWAY]),
    st.sampled_from(["server_error", "paging"]),
    weight=st.sampled_from(["fail", "non-strict"]),
    message=_TEXTS,
    expected=st.just("") | _TEXTS,
    curl=_TEXTS,
)
_RESULTS = st.builds(
    results,
    _TEXTS,
    operations=st.tuples(
        *(
            st.builds(OperationResult, st.just(each), st.just("files.x"), st.sampled_from(VERDICTS), _TEXTS)
            for each in _OPERATIONS
        )
    ),
    findings=st.lists(_FINDINGS, max_size=4).map(tuple),
    missing=st.lists(_TEXTS, max_size=1).map(tuple),
    gone=st.lists(st.builds(Deviation, _TEXTS, _TEXTS, _TEXTS), max_size=1).map(tuple),
)


@given(_RESULTS)
def test_junit_fails_when_the_run_does(some: Results) -> None:
    """Whatever came of a run, JUnit can be read, and has a failure or an error exactly if the exit status is not 0."""
    root = ET.fromstring(junit(columns([Run("a", some)])))  # noqa: S314  # our own
    broken = root.findall(".//failure") + root.findall(".//error")
    assert bool(broken) == bool(some.exit_status)
    suite = root.find("testsuite")
    assert suite is not None
    assert int(suite.attrib["failures"]) + int(suite.attrib["errors"]) == len(broken)


@given(_RESULTS)
def test_the_sentence_and_the_badge_say_what_the_exit_status_does(some: Results) -> None:
    """A person who reads the page or the badge is told what CI is told."""
    assert verdict(some).startswith("Keeps") == (some.exit_status == 0)
    assert badge(Run("a", some)).startswith("contract passed" if some.exit_status == 0 else "contract FAILED")
    assert len(badge(Run("a", some)).splitlines()) == 1


@given(_RESULTS, _RESULTS)
def test_every_operation_is_counted(before: Results, after: Results) -> None:
    """The counts of a card add up to all operations, and a change is told exactly where the states or checks differ."""
    column = columns([Run("a", replace(before, gateway="x")), Run("b", replace(after, gateway="x"))])[0]
    assert sum(column.latest.counts.values()) == len(after.operations)
    earlier, later = column.runs
    for each in (GATEWAY, *_OPERATIONS):
        same = earlier.states[each] == later.states[each] and earlier.checks(each) == later.checks(each)
        assert (each in column.changes) != same


# -- the page


class Markup(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in self.inside and self.cdata_elem:
            self.inside[self.elements[-1][0]].append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def data(self) -> Any:
        return json.loads(self.inside["script"][0])


def digest(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def harmless(text: str) -> Markup:
    """The page, of which is sure: no script and no style but ours, no handler, nothing to load."""
    markup = Markup(text)
    assert [each.get("type", "") for each in markup.all("script")] == ["application/json", ""]
    policy = next(each["content"] for each in markup.all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none';")
    assert f"script-src {digest(markup.inside['script'][1])};" in policy
    assert f"style-src {digest(markup.inside['style'][0])};" in policy
    names = {(tag, name) for tag, attributes in markup.elements for name in attributes}
    assert not [each for each in names if each[1].startswith("on") or each[1] in ("src", "style", "srcset", "action")]
    assert [each["href"] for _, each in markup.elements if "href" in each] == ["data:,"]
    assert not re.search(r"url\(|@import", markup.inside["style"][0])
    return markup


def test_the_page_has_a_cell_for_every_operation_and_gateway() -> None:
    """The matrix is whole, and what a cell opens is there: the exchange, the rule, curl and the call of the client."""
    every = columns(runs())
    markup = harmless(page(every))
    data = markup.data
    assert [each["name"] for each in data["gateways"]] == ["acme", "good", "dead"]
    cells = [each for each in markup.all("button") if each.get("class", "").startswith("cell")]
    assert len(cells) == len(data["operations"]) * 3
    paths = [path for path, _ in data["operations"]]
    assert paths == [GATEWAY, LIST, READ, CANCEL, "POST /audio/speech"]
    cell = data["gateways"][0]["cells"][paths.index(READ)]
    assert cell["state"] == "deviates"
    assert cell["earlier"] == [["main.json", "kept"]]
    assert cell["appeared"] == ["server_error"]
    found = cell["findings"][0]
    assert found["received"]["status"] == 500
    assert found["sent"]["headers"] == [["authorization", "Bearer $KEY"]]
    assert (found["rule"], found["curl"], found["call"], found["times"]) == (
        finding().rule,
        finding().curl,
        finding().call,
        3,
    )
    states = [each["cells"][paths.index(LIST)]["state"] for each in data["gateways"]]
    assert states == ["known", "loosely", "unrun"]
    assert data["gateways"][2]["cells"][paths.index(CANCEL)]["why"] == "The document of this run does not have it."
    assert set(data["says"]) == {"server_error", "paging", "trailing_slash"}


def test_what_a_cell_shows_first() -> None:
    """What is new comes before what is known, and what a tolerant client does not notice comes last."""
    loose = finding(check="as_published", weight="non-strict")
    known = finding(check="answer_schema", expected="it has nulls")
    shown = Run("", results("acme", loose, known, finding(check="unknown_id"))).findings[READ]
    assert [each.check for each in shown] == ["unknown_id", "answer_schema", "as_published"]


def test_the_matrix_of_the_samples() -> None:
    """The samples make a page of the mock and two real gateways, in which all that deviates can be opened."""
    paths = [SNAPSHOTS.parent / "samples" / f"{name}.json" for name in ("mock", "portkey-oss", "litellm")]
    every = columns([Run(path.name, Results.from_json(path.read_text("utf-8"))) for path in paths])
    data = harmless(page(every)).data
    assert [each["name"] for each in data["gateways"]] == ["mock", "portkey-oss", "litellm"]
    assert {path for path, _ in data["operations"]} == {GATEWAY, *map(str, operations(DOCUMENT))}
    cells = [cell for each in data["gateways"] for cell in each["cells"]]
    assert {"kept", "known", "absent"} <= {cell["state"] for cell in cells} <= WORDS.keys() - {"deviates", "unrun"}
    for cell in cells:
        assert bool(cell.get("findings")) is (cell["state"] in ("known", "loosely")), cell


def test_the_page_can_be_read_out() -> None:
    """Ids are unique, fields have labels, a cell says its state in words, and the page has a language and headings."""
    text = page(columns(runs()))
    markup = harmless(text)
    ids = [each["id"] for _, each in markup.elements if "id" in each]
    assert len(ids) == len(set(ids))
    assert {each["aria-labelledby"] for _, each in markup.elements if "aria-labelledby" in each} <= set(ids)
    assert markup.all("html") == [{"lang": "en"}]
    fields = len(markup.all("input")) + len(markup.all("select"))
    assert len(markup.all("label")) == fields == 6
    assert len(markup.all("h1")) == 1
    for word in WORDS.values():
        assert word in text


def hostile() -> Results:
    """A gateway that says what it likes, everywhere."""
    pairs = ((HOSTILE, HOSTILE),)
    found = Finding(
        READ,
        HOSTILE,
        "fail",
        HOSTILE,
        HOSTILE,
        Sent(HOSTILE, HOSTILE, pairs, HOSTILE),
        Received(500, pairs, HOSTILE + "\ud800\u2028"),
        HOSTILE,
        HOSTILE,
        2,
        "",
    )
    operation = OperationResult(READ, "files.retrieve", "fail", HOSTILE, {HOSTILE: 1})
    other = OperationResult(f"GET /{HOSTILE}", HOSTILE, "not testable", HOSTILE)
    return replace(
        results(HOSTILE, found, replace(found, check="known", expected=HOSTILE)),
        address=HOSTILE,
        operations=(operation, other),
        document={"title": HOSTILE, "version": HOSTILE, "digest": HOSTILE},
        missing=(HOSTILE,),
        gone=(Deviation(HOSTILE, HOSTILE, HOSTILE),),
        unmade={HOSTILE: HOSTILE},
    )


def test_what_a_gateway_says_is_never_markup() -> None:
    """Script and markup in every text of the results stay text, in the page, in Markdown and in JUnit."""
    every = columns([Run(HOSTILE, replace(hostile(), findings=())), Run(HOSTILE, hostile())])
    markup = harmless(page(every))
    assert not markup.all("img")
    cell = markup.data["gateways"][0]["cells"][1]
    assert cell["findings"][0]["message"] == HOSTILE
    assert cell["findings"][0]["received"]["body"] == HOSTILE + "\ud800\u2028"
    told = re.sub(r"(`+)[^`].*?[^`]\1(?!`)", "", summary(every))
    assert not re.search(r"(?<!\\)<(?!!-- -->)|(?<!\\)\]\(|\0", told)
    root = ET.fromstring(junit(every))  # noqa: S314  # our own
    assert "<script>window.hit = 1</script>" in "".join(root.itertext())


def test_the_page_stays_small() -> None:
    """Four gateways that break every operation in four ways, each with long answers of markup, stay below 3 MB."""
    names = [(str(each), each.raw["operationId"]) for each in operations(DOCUMENT)]
    long = Received(200, (("x-long", "é" * 4000),), "<&>é" * 1000)
    sent = Sent("POST", "http://gateway.test/v1/x", (), '{"a": "<>"}' * 350)
    found = tuple(
        finding(path, check, sent=sent, received=long, curl="<" * 4000, call="&" * 4000)
        for path, _ in names
        for check in ("server_error", "paging", "succeeds", "refuses")
    )
    every = tuple(OperationResult(path, name, "fail") for path, name in names)
    gateways = [Run(str(number), results(str(number), *found, operations=every)) for number in range(4)]
    text = page(columns(gateways))
    assert len(text.encode()) < 3_000_000
    assert " ... (4000 characters)" in text


# -- real runs

PARTS = ("* /batches*", "* /files*")
KEY = "sk-of-the-report-tests"


def tried(dialect: str, fault: Fault | None = None, name: str = "") -> Results:
    """A short run on the mock in a dialect, perhaps with a fault."""
    clock = ManualClock()
    profile = replace(load(dialect), operations=PARTS, without=(), deviations=(), name=name or dialect, expendable=True)
    gateway = Gateway(clock=clock, dialect="portkey" if dialect == "mock" else dialect)
    return run(fault.on(gateway) if fault else gateway, profile, 1, "directed", wait=clock.advance)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "RESPAN_API_KEY", "PARTIAL_KEY"):
        monkeypatch.setenv(name, KEY)


def test_a_fault_is_told_by_all_reports(keys: None, tmp_path: Path) -> None:
    """Of runs on the mock in several dialects and on one with a fault, the page sets the faulty one apart."""
    fault = Fault("no-media-type", "It has no media type.", (), (), answers(CANCEL, header(content_type=None)))
    every = [tried("mock"), tried("openai"), tried("respan"), tried("mock", fault, "faulty")]
    write(tmp_path, [Run(each.gateway, each) for each in every])
    data = harmless((tmp_path / "report.html").read_text(encoding="utf-8")).data
    assert [each["name"] for each in data["gateways"]] == ["mock", "openai", "respan", "faulty"]
    number = [path for path, _ in data["operations"]].index(CANCEL)
    states = [each["cells"][number]["state"] for each in data["gateways"]]
    assert states[0] == "kept"
    assert states[3] == "deviates"
    checks = {each["check"] for each in data["gateways"][3]["cells"][number]["findings"]}
    assert checks
    told = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert told.splitlines()[3].startswith("contract FAILED: faulty: ")
    suite = ET.parse(tmp_path / "junit.xml").getroot().findall("testsuite")[3]  # noqa: S314  # our own
    case = next(each for each in suite if each.get("name", "").startswith(CANCEL))
    failure = case.find("failure")
    assert failure is not None
    assert set(failure.attrib["message"].split(", ")) == checks


def test_no_report_has_a_credential(keys: None, tmp_path: Path) -> None:
    """A gateway that echoes the key in its headers and bodies gets it into none of the files."""

    def echo(request: Request, response: Response) -> Response:
        secret = request.header("authorization") or ""
        body = json.dumps({"echo": secret}).encode()
        return replace(response, body=body, headers=(*response.headers, ("x-echo", secret)))

    profile = Profile("echo", credentials={"authorization": "Bearer ${PARTIAL_KEY}"}, operations=("* /files*",))
    gateway = Changed(Partial(), echo)
    found = run(gateway, profile, 1, "directed", wait=lambda _: None, document=part(DOCUMENT, "files"))
    write_run(tmp_path, found)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "junit.xml",
        "report.html",
        "results.json",
        "summary.md",
    ]
    for each in tmp_path.iterdir():
        assert KEY not in each.read_text(encoding="utf-8"), each.name
    assert "$PARTIAL_KEY" in (tmp_path / "report.html").read_text(encoding="utf-8")


# -- the commands


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make contract REPORT=` writes four files, and `make contract-report` puts two such runs into one history."""
    for folder in ("first", "second"):
        options = ["--operations", "* /files*", "--depth", "directed", "--seed", "1"]
        contract([*options, "--report", str(tmp_path / folder)])
        assert len(list((tmp_path / folder).iterdir())) == 4
    capsys.readouterr()
    files = [str(tmp_path / folder / "results.json") for folder in ("first", "second")]
    assert report([*files, "--report", str(tmp_path / "both")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "both" / "report.html")
    assert f"Nothing changed since {files[0]}." in (tmp_path / "both" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "text", ["oops", "{}", '{"format": 1}', results("x").to_json().replace('"pass"', '"great"'), None]
)
def test_a_file_without_results(text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that holds no results is refused by its name, and says where results come from."""
    path = tmp_path / "some.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert report([str(path), "--report", str(tmp_path / "out")]) == 2
    assert "some.json is no file written by OUT= or REPORT=" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# -- in a browser


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on this machine to look at the page with")
def test_the_page_in_a_browser(tmp_path: Path) -> None:
    """Cells open and close with mouse and keyboard, filters leave what they should, and it fits a phone."""
    write(tmp_path, runs())
    with opened((tmp_path / "report.html").as_uri(), tmp_path / "browser") as shown:
        _a_cell_opens(shown)
        _keys(shown)
        _filters(shown)
        shown.size(390, 844, dark=True)
        assert shown.run("document.documentElement.scrollWidth <= innerWidth")
        assert shown.run("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"


def _a_cell_opens(shown: Page) -> None:
    """With the mouse: the exchange, the rule, how to see it again; and a link leads there."""
    assert not shown.run("document.querySelector('#detail').open")
    shown.click("tr[data-operation='2'] .cell.deviates")
    shown.until("document.querySelector('#detail').open")
    told = shown.run("document.querySelector('#detail').innerText")
    for text in (
        READ,
        "server_error",
        finding().rule,
        finding().curl,
        finding().call,
        '"message": "oops"',
        "main.json",
    ):
        assert text in told
    link = shown.run("location.href")
    shown.click("#close")
    shown.until("!document.querySelector('#detail').open && location.hash === ''")
    shown.run(f"location.href = {json.dumps(link)}")
    shown.until("document.querySelector('#detail').open")


def _press(shown: Page, key: str, code: int) -> None:
    for kind in ("rawKeyDown", "char", "keyUp"):
        text = {"text": "\r"} if key == "Enter" and kind == "char" else {}
        if kind != "char" or text:
            shown.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)


def _keys(shown: Page) -> None:
    """Escape closes, arrows go from cell to cell, Enter opens, and the focus comes back."""
    _press(shown, "Escape", 27)
    shown.until("!document.querySelector('#detail').open")
    shown.run("document.querySelector('.cell').focus()")
    _press(shown, "ArrowDown", 40)
    _press(shown, "ArrowRight", 39)
    place = "[document.activeElement.dataset.gateway, document.activeElement.closest('tr').dataset.operation].join()"
    assert shown.run(place) == "1,1"
    _press(shown, "Enter", 13)
    shown.until("document.querySelector('#detail').open")
    assert "trailing_slash" in shown.run("document.querySelector('#detail').innerText")
    _press(shown, "Escape", 27)
    shown.until("!document.querySelector('#detail').open")
    assert shown.run(place) == "1,1"


def _choose(shown: Page, name: str, value: str) -> None:
    shown.run(
        f"document.querySelector('[name={name}]').value = {json.dumps(value)};"
        "document.querySelector('#filter').dispatchEvent(new Event('input'))"
    )


def _filters(shown: Page) -> None:
    """Text, resource, verdict, check, change and the counts of a card."""
    rows = "[...document.querySelectorAll('tr[data-operation]:not([hidden])')]"
    seen = f"{rows}.map((row) => row.dataset.operation).join()"
    shown.write("[name=text]", "oops batches.CANCEL")
    assert shown.run(seen) == ""
    assert shown.run("document.querySelector('#nothing').checkVisibility()")
    shown.write("[name=text]", "batches.CANCEL")
    assert shown.run(seen) == "3"
    assert shown.run("document.querySelector('#shown').textContent") == "1 of 4 operations"
    shown.click("[type=reset]")
    shown.until(f"{seen} === '0,1,2,3,4'")
    wanted = {("resource", "files"): "1,2", ("state", "known"): "1", ("state", "absent"): "4"}
    wanted |= {("check", "server_error"): "0,2", ("gateway", "2"): "0,1,2,3,4"}
    for (name, value), left in wanted.items():
        _choose(shown, name, value)
        assert shown.run(seen) == left, name
        shown.click("[type=reset]")
        shown.until(f"{seen} === '0,1,2,3,4'")
    _choose(shown, "gateway", "0")
    _choose(shown, "state", "there")
    assert shown.run(seen) == "0,1,2,3"
    shown.click("[type=reset]")
    shown.click("[name=changed]")
    shown.until(f"{seen} === '0,2,3'")
    shown.click(".count[data-gateway='0'][data-state=deviates]")
    shown.until(f"{seen} === '0,2'")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium or Chrome on this machine to look at the page with")
def test_a_hostile_answer_does_nothing_in_a_browser(tmp_path: Path) -> None:
    """Of a gateway that sends script in all it says, no script runs, neither when the page is read nor in a cell."""
    write(tmp_path, [Run(HOSTILE, hostile())])
    with opened((tmp_path / "report.html").as_uri(), tmp_path / "browser") as shown:
        for number in (0, 1, 2):
            shown.run("document.querySelector('#detail').close()")
            shown.click(f"tr[data-operation='{number}'] .cell")
            shown.until("document.querySelector('#detail').open")
        shown.run("document.querySelector('#detail').close()")
        shown.click("tr[data-operation='1'] .cell")
        shown.until("document.querySelector('#detail').open")
        assert HOSTILE[:40] in shown.run("document.querySelector('#detail').innerText")
        assert shown.run("window.hit === undefined && document.images.length === 0")

"""The contract suite from a command line: `make contract`."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx

from tests.contract import profiles
from tests.contract.document import DOCUMENT, operations
from tests.contract.parts import on_the_mock
from tests.contract.profiles import Profile, ProfileError
from tests.contract.report.write import write_run
from tests.contract.results import Results
from tests.contract.run import run
from tests.contract.starters import started

KEY: Final = "CONTRACT_API_KEY"
"""The variable with the key of a gateway that has no profile; it goes as a bearer."""

_ANY_KEY: Final = f"Bearer ${{{KEY}:-contract-suite-key}}"
"""What is sent to a gateway of this machine that asks for a key while none is given."""

OTHER_KEY: Final = "CONTRACT_OTHER_API_KEY"
"""The same of a second account at that gateway."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the suite; 0 if the gateway keeps the contract as far as its profile expects, else 1. 2 for bad usage."""
    options = _parser().parse_args(arguments)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    tell = print if options.verbose else _silent
    try:
        profile = _profile(options)
        results = _run(profile, seed, options, tell)
    except ProfileError as error:
        print(f"contract: {error}", file=sys.stderr)
        return 2
    if options.out:
        Path(options.out).write_text(results.to_json(), encoding="utf-8")
    if options.report:
        write_run(options.report, results)
    print(summary(results))
    return results.exit_status


def _silent(_: str) -> None:
    """Tells nothing."""


def _profile(options: argparse.Namespace) -> Profile:
    wanted = [each.strip() for each in options.operations.split(",") if each.strip()]
    named = profiles.load(options.gateway) if options.gateway else None
    if not options.base_url:
        named = named or profiles.load("mock")
        return profiles.at("", wanted, named) if wanted else named
    profile = profiles.at(options.base_url, wanted, named)
    if named is not None:
        return profile
    if KEY not in os.environ:
        return replace(profile, credentials={"authorization": _ANY_KEY}) if _asks_for_a_key(profile) else profile
    own, other = ({"authorization": f"Bearer ${{{key}}}"} if key in os.environ else {} for key in (KEY, OTHER_KEY))
    return replace(profile, credentials=own, others=other)


def _asks_for_a_key(profile: Profile) -> bool:
    """Whether a gateway that is not public refuses to be read without credentials; most of these then take any."""
    reads = [each for each in operations(DOCUMENT) if each.method == "GET" and profile.has(str(each))]
    read = min(reads, key=lambda each: each.path.count("{"), default=None)
    if read is None or profiles.is_public(profile.address):
        return False
    try:
        answer = httpx.get(profile.address.rstrip("/") + re.sub(r"\{[^}]*\}", "any", read.path), timeout=profile.limit)
    except httpx.HTTPError:
        return False  # the run says what is wrong
    return answer.status_code in (401, 403)


def _run(profile: Profile, seed: int, options: argparse.Namespace, tell: Callable[[str], object]) -> Results:
    if profile.name == "mock" and not profile.address:
        return on_the_mock(profile, seed, options.depth)
    with started(profile) as running:
        return run(running.address, running, seed, options.depth, tell=tell)


def summary(results: Results) -> str:
    """What a person reads at the end of a run."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in results.counts.items())
    lines = [str(each) for each in results.findings if not each.expected]
    if not results.missing:
        lines += [f"not testable: {each.operation}: {each.why}" for each in results.untestable]
    lines += [f"expected and gone: {each.operation}: {each.check} ({each.reason})" for each in results.gone]
    lines += [f"missing: {each}" for each in results.missing]
    failed = [each for each in results.findings if each.check == "succeeds" and each.received is not None]
    if failed and all(each.received is not None and each.received.status == 401 for each in failed):
        lines.append(f"every operation refuses the credentials: set {KEY}, or give a profile with `credentials`")
    total = f"{results.gateway}: {len(results.operations)} operations: {counts}"
    return "\n".join([*lines, total, f"{results.requests} requests in {results.seconds} s, seed {results.seed}"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make contract", description="Holds a gateway to the document.")
    parser.add_argument("--gateway", default="", help=f"{', '.join(profiles.known())}, or a YAML file (default: mock)")
    parser.add_argument("--base-url", default="", help="the address of a gateway, such as http://127.0.0.1:8787/v1")
    parser.add_argument(
        "--operations", default="", help="what it has, separated by commas: 'POST /batches*, GET /files'"
    )
    parser.add_argument("--depth", choices=("directed", "quick", "deep"), default="quick")
    parser.add_argument("--seed", type=int, help="the seed of an earlier run, to repeat it")
    parser.add_argument("--out", default="", help="write the results to this file, as JSON")
    parser.add_argument(
        "--report", type=Path, help="write results.json, report.html, summary.md and junit.xml to this folder"
    )
    parser.add_argument("--verbose", action="store_true", help="say what is going on")
    return parser


if __name__ == "__main__":
    sys.exit(main())

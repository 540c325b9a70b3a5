"""`portkey-mock`: the mock gateway on a port of this machine, and what recordings say about the document."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

from portkey_mock.console import Console
from portkey_mock.drift import drift, report
from portkey_mock.faults import FaultPlan, load_faults
from portkey_mock.gateway import compiled_from
from portkey_mock.journal import Journal
from portkey_mock.message import Handler
from portkey_mock.mock import Mock
from portkey_mock.recording import Replay, load_recording
from portkey_mock.server import listen, log, serve
from portkey_mock.watch import Watch


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until SIGINT or SIGTERM. The first line of standard output is the address; clients may connect at once.

    Without a command it serves without a request log, as `python -m portkey_mock --port 0` always has.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    bare = not given or (given[0].startswith("-") and given[0] not in ("-h", "--help"))
    parser = _parser()
    options = parser.parse_args(["serve", "--quiet", *given] if bare else given)
    try:
        options.run(options)
    except (OSError, ValueError) as error:
        parser.error(str(error))


def _serve(options: argparse.Namespace) -> None:
    """`portkey-mock serve`."""
    logging.basicConfig(format="%(levelname)s %(message)s")
    handler, mock = _handler(options)
    stop = Event()
    if options.watch:
        if mock is None or options.document is None:
            raise ValueError("--watch needs --document, the file to watch")
        watch = Watch(options.document, mock.reload, lambda text: print(text, file=sys.stderr, flush=True))
        Thread(target=watch.run, args=(stop,), daemon=True).start()
    try:
        with listen(options.host, options.port) as listener:
            serve(handler, listener, mock.gateway.dialect.base if mock else "/v1")
    finally:
        stop.set()


def _handler(options: argparse.Namespace) -> tuple[Handler, Mock | None]:
    """What answers the requests, and the mock in it if there is one."""
    if options.replay is not None:
        return Replay(load_recording(options.replay)), None
    plan = FaultPlan(seed=options.seed) if options.faults is None else load_faults(options.faults)
    journal = Journal(listen=None if options.quiet else log)
    mock = Mock(
        options.document,
        faults=plan,
        journal=journal,
        mode=options.mode,
        seed=options.seed,
        dialect=options.dialect,
    )
    return Console(mock, hosts=frozenset({options.host})), mock


def _drift(options: argparse.Namespace) -> None:
    """`portkey-mock drift`: exit status 1 if there is any."""
    exchanges = load_recording(options.recording)
    found = drift(compiled_from(options.document), exchanges)
    print(report(found, len(exchanges)))
    sys.exit(1 if found else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portkey-mock", description="A mock of the Portkey AI gateway.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_serve(commands.add_parser("serve", help="serve the mock on a port; a page at / shows what it does"))
    _add_drift(commands.add_parser("drift", help="say where recorded answers differ from the document"))
    return parser


def _add_drift(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_drift)
    parser.add_argument("recording", type=Path, help="what a RecordingTransport has written")
    parser.add_argument("--document", type=Path, help="OpenAPI document in JSON (default: the one in portkey_api)")


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_serve)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4010, help="port; 0 takes any free one (default: %(default)s)")
    parser.add_argument("--document", type=Path, help="OpenAPI document in JSON (default: the one in portkey_api)")
    parser.add_argument("--watch", action="store_true", help="serve --document anew when it changes; state is kept")
    parser.add_argument(
        "--dialect", default="portkey", help="the gateway to speak like, such as openai (default: %(default)s)"
    )
    parser.add_argument("--mode", choices=("strict", "document"), default="strict", help="what unknown ids lead to")
    parser.add_argument("--seed", type=int, default=0, help="decides generated ids and times (default: %(default)s)")
    parser.add_argument("--faults", type=Path, help="a plan of faults, in JSON or YAML")
    parser.add_argument("--replay", type=Path, help="answer from this recording and from nothing else")
    parser.add_argument("--quiet", action="store_true", help="no line for each request on standard error")


if __name__ == "__main__":
    main()

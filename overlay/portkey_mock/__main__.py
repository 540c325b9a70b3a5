"""`python -m portkey_mock`: the mock gateway on a port of this machine."""

from __future__ import annotations

import argparse
import logging
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import uvicorn

from portkey_mock.asgi import Application
from portkey_mock.gateway import Gateway


def main(arguments: Sequence[str] | None = None) -> None:
    """Serves until SIGINT or SIGTERM. The first line of standard output is the address; clients may connect at once."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(message)s")
    gateway = Gateway(options.document, mode=options.mode, seed=options.seed)
    server = uvicorn.Server(uvicorn.Config(Application(gateway), log_level="warning", access_log=False))
    _stop_on_signals(server)
    with listen(options.host, options.port) as listener:
        host, port = listener.getsockname()[:2]
        print(f"http://{host}:{port}/v1", flush=True)
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections already; port 0 takes any free one.

    It says that it speaks TCP, since asyncio switches Nagle's algorithm off only where it is told so. With it, every
    second answer on a connection would be held back for 40 ms.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Stops in good order when told to, also before the server listens to signals by itself.

    While it runs, uvicorn has handlers of its own; when it has stopped it raises the signal again, for these here,
    which make it a clean exit.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m portkey_mock", description="A mock of the Portkey AI gateway.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4010, help="port; 0 takes any free one (default: %(default)s)")
    parser.add_argument("--document", type=Path, help="OpenAPI document in JSON (default: the one in portkey_api)")
    parser.add_argument("--mode", choices=("strict", "document"), default="strict", help="what unknown ids lead to")
    parser.add_argument("--seed", type=int, default=0, help="decides generated ids and times (default: %(default)s)")
    return parser


if __name__ == "__main__":
    main()

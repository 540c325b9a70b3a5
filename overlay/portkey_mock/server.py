"""A mock on a port of this machine, under uvicorn."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import time
from functools import lru_cache
from types import FrameType

import uvicorn

from portkey_mock.asgi import Application
from portkey_mock.connection import Connection
from portkey_mock.journal import Entry
from portkey_mock.message import Handler


def serve(handler: Handler, listener: socket.socket, base: str = "/v1") -> None:
    """Serves `handler` until SIGINT or SIGTERM; `base` is the path that clients find its API under."""
    application = Application(handler)
    server = uvicorn.Server(
        uvicorn.Config(application, http=Connection, log_level="warning", access_log=False, proxy_headers=False)
    )
    _stop_on_signals(server)
    _quieten()
    host, port = listener.getsockname()[:2]
    print(f"http://{host}:{port}{base}", flush=True)
    server.run(sockets=[listener])


def _quieten() -> None:
    """Keeps out of the log what others say of broken forms and of websockets that were refused with a reason."""
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    logging.getLogger("uvicorn.error").addFilter(lambda record: "without completing handshake" not in str(record.msg))


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections already; port 0 takes any free one.

    It says that it speaks TCP, since asyncio switches Nagle's algorithm off only where it is told so. With it, every
    second answer on a connection would be held back for 40 ms.

    Raises:
        OSError: the address is not of this machine, or the port is taken or none.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except (OSError, OverflowError) as error:
        listener.close()
        raise OSError(f"cannot listen on {host}:{port}: {error}") from error
    return listener


def log(call: Entry) -> None:
    """Writes one line about `call` to standard error: time, method, path, status, milliseconds, operation."""
    target = "".join(letter if letter.isprintable() else "?" for letter in call.target)
    outcome = call.status or "reset"
    line = f"{_clock(int(call.time))} {call.method} {target} {outcome} {call.seconds * 1000:.1f} ms"
    print(f"{line} {call.operation or '-'}", file=sys.stderr, flush=True)


@lru_cache(maxsize=1)
def _clock(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def _stop_on_signals(server: uvicorn.Server) -> None:
    """Stops in good order when told to, also before the server listens to signals by itself.

    While it runs, uvicorn has handlers of its own; when it has stopped it raises the signal again, for these here,
    which make it a clean exit.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)

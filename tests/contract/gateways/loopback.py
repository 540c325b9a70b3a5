"""Runs a module that reaches nothing but this machine, and that ends with whoever started it.

`python loopback.py MODULE ARGUMENT...` is `python -m MODULE ARGUMENT...`. It is a script: it runs in the environment
of the gateway and not in that of the suite.
"""

from __future__ import annotations

import asyncio
import os
import re
import runpy
import sys
from threading import Thread

_LOCAL = re.compile(r"(|localhost|::1|(::ffff:)?127\.\d+\.\d+\.\d+)")
_WAYS_OUT = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.bind": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
"""The events of the interpreter that reach for an address, each with the place of that address among its arguments."""


def _stay(event: str, given: tuple[object, ...]) -> None:
    if event not in _WAYS_OUT:
        return
    address = given[_WAYS_OUT[event]]
    host = address[0] if isinstance(address, tuple) else None if event == "socket.connect" else address
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if isinstance(text, str) and not _LOCAL.fullmatch(text):
        sys.stderr.write(f"refused to reach {text}\n")
        raise ConnectionRefusedError(f"the contract suite lets nothing reach {text}")


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


def main() -> None:
    """Runs the module that the command line names."""
    sys.addaudithook(_stay)
    sys.modules["uvloop"] = asyncio  # the one of libuv connects outside of the interpreter, where nothing is seen
    Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = sys.argv[1:]
    sys.path[0] = ""
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

"""A mock on a socket of this process, for clients that want an address."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread

import uvicorn

from portkey_mock import Application
from portkey_mock.message import Handler
from portkey_mock.server import listen


@contextmanager
def serving(handler: Handler) -> Generator[str]:
    """Serve a gateway, or a mock around one, on a free port; yields its address with ``/v1``."""
    server = uvicorn.Server(uvicorn.Config(Application(handler), log_level="critical", lifespan="off"))
    with listen("127.0.0.1", 0) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join()

"""Spoken audio: half a second of silence that players take, sent in pieces."""

from __future__ import annotations

import struct
from typing import Final

from portkey_mock.jsonvalue import JsonObject
from portkey_mock.message import Response, streamed

_RATE: Final = 24_000
"""Samples a second, 16 bits each, of `wav` and `pcm`, as OpenAI has them."""

_PCM: Final = bytes(_RATE)
_WAV: Final = (
    struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(_PCM), b"WAVE", b"fmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
    + struct.pack("<4sI", b"data", len(_PCM))
    + _PCM
)
_MP3_FRAME: Final = b"\xff\xfb\x90\xc4" + bytes(413)
"""A silent frame of MPEG 1, layer 3: 128 kbit/s, 44.1 kHz, mono; 26 ms."""

_KINDS: Final = {"wav": ("audio/wav", _WAV), "pcm": ("audio/pcm", _PCM)}
_MP3: Final = ("audio/mpeg", _MP3_FRAME * 19)
_PIECE: Final = 2048


def speech(status: int, fields: JsonObject) -> Response:
    """The answer to POST /audio/speech: `wav` and `pcm` as asked for, anything else as MP3."""
    media, content = _KINDS.get(str(fields.get("response_format")), _MP3)
    return streamed(status, media, (content[at : at + _PIECE] for at in range(0, len(content), _PIECE)))

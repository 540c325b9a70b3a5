"""Audio: half a second of silence that players take, sent in pieces; and what was heard, as text or subtitles."""

from __future__ import annotations

import struct
from typing import Final

from portkey_mock.jsonvalue import Json
from portkey_mock.message import Response, streamed

TEXTS: Final = ("text", "srt", "vtt")
"""The values of `response_format` that ask for something else than JSON."""

_SUBTITLES: Final = {
    "srt": "1\n00:00:00,000 --> 00:00:02,000\n{}\n",
    "vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n{}\n",
}

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


def transcript(status: int, asked: Json, heard: str) -> Response:
    """What was heard: as subtitles if `asked` says so, with all of it at once, and otherwise as a line of text."""
    text = _SUBTITLES.get(str(asked), "{}\n").format(heard.strip())
    return Response(status, (("content-type", "text/plain; charset=utf-8"),), text.encode("utf-8"))


def speech(status: int, asked: Json) -> Response:
    """The answer to POST /audio/speech: `wav` and `pcm` as asked for, anything else as MP3."""
    media, content = _KINDS.get(str(asked), _MP3)
    return streamed(status, media, (content[at : at + _PIECE] for at in range(0, len(content), _PIECE)))

"""What is asked for in a chat comes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.contract.check import Check, Problem
from tests.contract.world import World, parsed

_CHAT: Final = "POST /chat/completions"


def _probable(world: World) -> Iterator[Problem]:
    body = world.body(world.operations[_CHAT])
    answer = world.send(_CHAT, {}, {**body, "logprobs": True})
    came = parsed(answer)
    choices = came.get("choices") if isinstance(came, dict) else None
    if answer.status < 300 and choices and not any(each.get("logprobs") for each in choices):
        yield Problem("The probabilities of tokens were asked for, and none came.", world.last())


CHECKS: Final = (
    Check(
        "chat_logprobs", "Probabilities come where they are asked for.", "/requestBody", "non-strict",
        needs=(_CHAT,), make=_probable,
    ),
)  # fmt: skip

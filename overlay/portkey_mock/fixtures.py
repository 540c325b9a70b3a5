"""Answers of the caller's own, which win over everything that the gateway would say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, TypeAlias

from portkey_mock.jsonvalue import Json
from portkey_mock.message import Response, json_response
from portkey_mock.validation import Call

Answer: TypeAlias = Json | Callable[[Call], Json]
"""The JSON of an answer, or what makes it of a call that was found to be valid; a `Response` is sent as it is."""


@dataclass(frozen=True, slots=True)
class _Fixture:
    answer: Answer
    status: int


class Fixtures:
    """The answers a caller has put in, by the name of their operation."""

    def __init__(self, names: Iterable[str], answers: Mapping[str, Answer]) -> None:
        """`names` are those of all operations, such as `chat.completions.create`.

        Raises:
            ValueError: as `add`.
        """
        self._names: Final = frozenset(names)
        self._fixtures: Final[dict[str, _Fixture]] = {}
        for name, answer in answers.items():
            self.add(name, answer, 200)

    def add(self, name: str, answer: Answer, status: int) -> None:
        """Answers the operation `name` with `answer` from now on.

        Raises:
            ValueError: no operation has this name.
        """
        if name not in self._names:
            close = get_close_matches(name, self._names)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            raise ValueError(f"no operation is called {name!r}{hint}")
        self._fixtures[name] = _Fixture(answer, status)

    def take_over(self, other: Fixtures) -> None:
        """Answers as `other` does, too. An answer to an operation that is not there waits for it to come back."""
        self._fixtures.update(other._fixtures)

    def find(self, call: Call) -> Response | None:
        """The caller's own answer to `call`, if there is one."""
        fixture = self._fixtures.get(call.operation.name)
        if fixture is None:
            return None
        made: Json = fixture.answer(call) if callable(fixture.answer) else fixture.answer
        return made if isinstance(made, Response) else json_response(fixture.status, made)

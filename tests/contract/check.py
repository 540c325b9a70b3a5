"""What a check is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tests.contract.document import Operation
from tests.contract.results import Weight
from tests.contract.wire import Exchange

if TYPE_CHECKING:
    from tests.contract.world import World


@dataclass(frozen=True)
class Problem:
    """Something wrong.

    Attributes:
        exchange: what shows it.
        operation: whose fault it is; that of the exchange if it is left out.
        rule: what is violated, where it is not what the check says.
    """

    message: str
    exchange: Exchange | None = None
    operation: Operation | None = None
    rule: str = ""


Make: TypeAlias = Callable[["World"], Iterator[Problem]]
Look: TypeAlias = Callable[["World", Exchange], Iterator[str]]


@dataclass(frozen=True)
class Check:
    """One check, by a name that profiles, reports and the proof use and that does not change.

    Attributes:
        says: what must hold, in one sentence.
        rule: where that is written: a place below an operation of the document, such as `/responses`, or an RFC.
        weight: `non-strict` for what a tolerant client does not notice.
        needs: the operations without which it cannot be made.
        make: tries it on a gateway; None if it only looks at answers.
        look: judges any exchange; None if it has requests of its own.
    """

    name: str
    says: str
    rule: str
    weight: Weight = "fail"
    needs: tuple[str, ...] = ()
    make: Make | None = None
    look: Look | None = None

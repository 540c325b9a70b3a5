"""Faults that real gateways have, one at a time in a mock that has none otherwise; `make contract-proof` finds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.contract.faults import (
    credentials,
    inference,
    paging,
    protocol,
    relations,
    robustness,
    schema,
    state,
    streams,
    unseen,
    validation,
)
from tests.contract.faults.fault import Fault

_WRITTEN: Final[Mapping[str, tuple[Fault, ...]]] = {
    "schema": schema.FAULTS,
    "protocol": (*protocol.FAULTS, *relations.PROTOCOL),
    "validation": validation.FAULTS,
    "credentials": (*credentials.FAULTS, *relations.CREDENTIALS),
    "state": (*state.FAULTS, *relations.STATE),
    "paging": paging.FAULTS,
    "streams": streams.FAULTS,
    "robustness": robustness.FAULTS,
}
KINDS: Final[Mapping[str, tuple[Fault, ...]]] = {
    kind: (*faults, *inference.FAULTS.get(kind, ()), *unseen.FAULTS[kind]) for kind, faults in _WRITTEN.items()
}
FAULTS: Final = tuple(fault for faults in KINDS.values() for fault in faults)

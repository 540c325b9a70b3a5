"""What holds for a gateway as a whole, and what each operation has to be seen to do. `run` makes these itself."""

from __future__ import annotations

from typing import Final

from tests.contract.check import Check

CHECKS: Final = (
    Check("succeeds", "Each operation is seen to succeed.", "/responses"),
    Check("refuses", "Each operation that can refuse is seen to refuse.", "/responses"),
    Check("alive", "The gateway lives through the run, and not everything fails.", "RFC 9110, section 15.6"),
)

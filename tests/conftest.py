"""What holds in every test."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes says something about the machine and nothing about what is tested. The same examples every
# time: a commit that was green stays green. `make test ARGS=--hypothesis-profile=search` looks for new ones.
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("repeatable")

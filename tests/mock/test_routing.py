"""Paths find their operations."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock.errors import Refusal
from portkey_mock.routing import Router

TEMPLATES = [
    ("GET", "/prompts/partials"),
    ("POST", "/prompts/partials"),
    ("GET", "/prompts/{promptId}"),
    ("DELETE", "/prompts/{promptId}"),
    ("GET", "/prompts/{promptId}/versions/{versionId}"),
    ("GET", "/prompts/partials/versions/{x}"),
    ("GET", "/prompts/{id}/versions/latest"),
]
ROUTER = Router({(method, path): f"{method} {path}" for method, path in TEMPLATES}, ["/v1", "/gateway/v1", ""])


def status(method: str, path: str) -> int:
    """The status of a refusal."""
    with pytest.raises(Refusal) as caught:
        ROUTER.find(method, path)
    return caught.value.status


@pytest.mark.parametrize("prefix", ["", "/v1", "/gateway/v1"])
def test_prefixes(prefix: str) -> None:
    """The path of any server may stand before the path of the operation, or be left out."""
    assert ROUTER.find("GET", prefix + "/prompts/p")[0] == "GET /prompts/{promptId}"


def test_literal_wins() -> None:
    """A literal path wins over a templated one, the leftmost literal first, and so do its methods."""
    assert ROUTER.find("GET", "/prompts/partials")[0] == "GET /prompts/partials"
    assert ROUTER.find("GET", "/prompts/partials/versions/latest")[0] == "GET /prompts/partials/versions/{x}"
    assert ROUTER.find("GET", "/prompts/p/versions/latest")[0] == "GET /prompts/{id}/versions/latest"
    assert status("DELETE", "/prompts/partials") == 405


def test_names() -> None:
    """Two templates of one shape keep the names of their own parameters."""
    router = Router({("GET", "/a/{one}"): 1, ("PUT", "/a/{two}"): 2}, [])
    assert router.find("GET", "/a/x") == (1, {"one": "x"})
    assert router.find("PUT", "/a/x") == (2, {"two": "x"})


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_parameters_are_decoded_once(value: str) -> None:
    """A percent-encoded parameter arrives as it was before encoding, whatever it holds."""
    if value != "partials":
        assert ROUTER.find("GET", "/prompts/" + quote(value, safe=""))[1] == {"promptId": value}


@pytest.mark.parametrize(
    "path", ["", "/", "*", "/v1", "/prompts", "/prompts/", "/prompts/p/", "//prompts/p", "/v2/prompts/p", "/" * 90]
)
def test_unknown(path: str) -> None:
    """A path that is not in the document is not found: no empty parameter, no trailing slash, no other prefix."""
    assert status("GET", path) == 404


def test_not_utf8() -> None:
    """A path that is not UTF-8 is refused."""
    assert status("GET", "/prompts/%FF") == 400


def test_no_routes() -> None:
    """A document without paths has no operation."""
    with pytest.raises(Refusal):
        Router({}, ["/v1"]).find("GET", "/v1/a")

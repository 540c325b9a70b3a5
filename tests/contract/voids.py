"""Failures of schemathesis that are none: it asks for more there than the document says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import jsonschema_rs
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.case import Case

from portkey_mock import Request
from tests.contract.document import DOCUMENT
from tests.contract.target import Target
from tests.contract.wire import Exchange
from tests.mock import spec

_REFERENCE: Final = re.compile(r"(_id|_ids|Id|Ids|_file|_slug)$|^(id|model|slug|version)$")
"""Members of a body that name something which has to be there."""

_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")


def is_void(check: str, case: Case[Any], seen: Exchange, target: Target) -> bool:
    """Whether a check asks for more than the document says, which four of them do.

    - What is wrong may not be wrong any more as it is sent: a form is only text, so is a query. A format is no more
      than a hint (JSON Schema 2020-12, section 7.2.1), and a header that a gateway does not know it ignores.
    - A made-up id conforms, and a gateway that knows what there is may refuse it with 400. So may it where a body is of
      another kind than those its provider takes.
    - What lies below a thing, such as the output of a batch, need not be there as soon as the thing is.
    - A gateway that has only a part of the document allows only the methods of that part.
    """
    match check:
        case "negative_data_rejection":
            return _harmless(case, seen.request, target)
        case "positive_data_acceptance":
            return target.remembers and isinstance(case.body, dict) and (_refers(case.body) or _of_other_kind(case))
        case "ensure_resource_availability":
            return case.method == "GET" and not case.path.endswith("}")
        case "allow_header_conformance":
            return target.has is not None and _allows_its_part(case.operation.path, seen, target.has)
        case _:
            return False


def _allows_its_part(path: str, seen: Exchange, has: Callable[[str], bool]) -> bool:
    """Whether `Allow` names all methods that the gateway has here, and none that the document does not."""
    allow = None if seen.response is None else seen.response.header("allow")
    told = {each.strip().upper() for each in (allow or "").split(",")}
    declared = {method.upper() for method in DOCUMENT["paths"].get(path, {})}
    return {each for each in declared if has(f"{each} {path}")} <= told <= {*declared, "HEAD", "OPTIONS"}


def _harmless(case: Case[Any], request: Request, target: Target) -> bool:
    """Whether all that was made wrong conforms as it was sent, or need not be looked at."""
    wrong = {where for where, made in case.meta.components.items() if made.mode.is_negative} if case.meta else set()
    return bool(wrong) and all(_harmless_in(where, case, request, target) for where in wrong)


def _harmless_in(where: ParameterLocation, case: Case[Any], request: Request, target: Target) -> bool:
    match where:
        case ParameterLocation.BODY:
            return _body_conforms(case)
        case ParameterLocation.QUERY:
            return _parameters_conform(case, "query", parse_qsl(request.query, keep_blank_values=True))
        case ParameterLocation.HEADER:
            return not target.reads_headers or _parameters_conform(case, "header", list(request.headers))
        case _:
            return False


def _body_conforms(case: Case[Any]) -> bool:
    form = case.operation.get_body_for_media_type("multipart/form-data")
    if form is not None and isinstance(case.body, dict):
        return _conforms_as_sent(form.optimized_schema, case.body)
    schema = _declared(case)
    if schema is None or not isinstance(case.body, (dict, list, str, int, float, bool, type(None))):
        return False
    return bool(spec.validator(schema, formats=False).is_valid(case.body))


def _declared(case: Case[Any]) -> Any:
    """The schema of the JSON body of an operation; None if it takes none."""
    raw = DOCUMENT["paths"].get(case.operation.path, {}).get(case.operation.method.lower(), {})
    return raw.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")


def _of_other_kind(case: Case[Any]) -> bool:
    """Whether a body is of another kind than the first one declared, which is the one that any gateway takes."""
    kinds: list[Any] = spec.flat(_declared(case) or {}).get("anyOf", [])
    body: Any = case.body
    return bool(kinds) and not spec.validator(kinds[0]).is_valid(body)


def _parameters_conform(case: Case[Any], place: str, sent: list[tuple[str, str]]) -> bool:
    """Whether the text of each parameter can be read as something that conforms."""
    raw = DOCUMENT["paths"].get(case.operation.path, {}).get(case.operation.method.lower(), {})
    for each in raw.get("parameters", []):
        if each["in"] != place:
            continue
        name = each["name"].lower() if place == "header" else each["name"]
        given = [value for key, value in sent if (key.lower() if place == "header" else key) == name]
        if not given and each.get("required"):
            return False
        schema = each.get("schema") or next(iter(each["content"].values()))["schema"]
        fits = spec.validator(schema, formats=False).is_valid
        if given and not any(fits(value) for value in _readings(given)):
            return False
    return True


def _readings(given: list[str]) -> Iterator[Any]:
    """What a parameter can mean: text, a number, a word of JSON, or a list of these."""
    if len(given) == 1:
        yield given[0]
        yield _scalar(given[0])
    yield list(map(_scalar, given))
    yield given


def _scalar(text: str) -> Any:
    if _NUMBER.fullmatch(text) or text in ("true", "false", "null"):
        return json.loads(text) if not re.match(r"-?0\d", text) else float(text)
    return text


def _refers(body: Any) -> bool:
    """Whether a body names a thing anywhere in it."""
    if isinstance(body, list):
        return any(map(_refers, body))
    if not isinstance(body, dict):
        return False
    return any(_REFERENCE.search(str(name)) or _refers(each) for name, each in body.items())


def _conforms_as_sent(schema: Any, form: Mapping[str, Any]) -> bool:
    """Whether the text that was sent of `form` can be read as something that conforms. Empty fields are not sent."""
    validator = jsonschema_rs.validator_for(schema)

    def fits(name: str, value: Any) -> bool:
        return all(error.instance_path[:1] != [name] for error in validator.iter_errors({name: value}))

    plain: dict[str, Any] = json.loads(json.dumps(dict(form), default=lambda _: "a file"))
    plain = {name: _alone(value) for name, value in plain.items()}
    sent = {
        name: text if fits(name, text := value if isinstance(value, str) else json.dumps(value)) else value
        for name, value in plain.items()
        if value not in ([], {})
    }
    return validator.is_valid(sent)


def _alone(value: Any) -> Any:
    """A list of one member goes out as that member, in a field of its own."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value

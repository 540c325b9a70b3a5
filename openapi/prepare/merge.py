"""The algebra of ``allOf``, and of unions beside it: many schemas into one, nothing lost."""

from __future__ import annotations

from itertools import product
from typing import Any

from .errors import PrepareError, pointer
from .load import Json
from .report import Report
from .resolve import lookup
from .rules import ANNOTATIONS, NULL, VALIDATIONS, Place

_LIMIT = 256
"""Branches a product of unions may have before it is refused; the largest published one has ten."""


def flatten(schema: Json, document: Json, place: Place, report: Report, above: tuple[str, ...] = ()) -> Json:
    """Return a schema without ``allOf`` and with object keywords distributed over the union beside them.

    References are followed only inside ``allOf``: elsewhere a reference is a class and stays one.

    Raises:
        PrepareError: The parts contradict each other, or an ``allOf`` contains itself.
    """
    if "allOf" in schema:
        return _all_of(schema, document, place, report, above)
    union = _union(schema)
    if union is None:
        return schema
    own = _own(schema)
    if _only_required(union):
        report.rule("required-only-branches", place)
        return _keep_description(schema, {**own, "type": "object"})
    if own.keys() & {"properties", "additionalProperties", "required", "items", "enum"}:
        report.rule("union-beside-keywords", place)
        branches = [flatten({"allOf": [own, branch]}, document, place, report, above) for branch in union]
        return _keep_description(schema, {"oneOf": branches})
    if "type" in own:
        report.rule("type-beside-union", place)
    return _keep_description(schema, {"oneOf": union})


def _union(schema: Json) -> list[Json] | None:
    """Return the branches of ``oneOf`` and ``anyOf``; where both stand, every pair of branches."""
    one, any_ = schema.get("oneOf"), schema.get("anyOf")
    if one and any_:
        return [{"allOf": [first, second]} for first, second in product(one, any_)]
    return one or any_


def _own(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "allOf", "description")}


def _keep_description(schema: Json, result: Json) -> Json:
    return {"description": schema["description"], **result} if "description" in schema else result


def _only_required(union: list[Json]) -> bool:
    """Tell whether every branch only says which properties are needed together: a validation, not a type."""
    return all(isinstance(branch, dict) and branch.keys() <= {"required", "type", "not"} and "required" in branch
               for branch in union)  # fmt: skip


def _all_of(schema: Json, document: Json, place: Place, report: Report, above: tuple[str, ...]) -> Json:
    own = _own(schema)
    parts = [part for part in schema["allOf"] if not _trivial(part)]
    union = _union(schema)
    if union is not None and not _only_required(union):
        parts.append({"oneOf": union})
    if not own.keys() - {"type", "nullable"} and len(parts) == 1:
        report.rule("allof-of-one", place)
        only = parts[0]
        return only if "$ref" in only else flatten(only, document, place, report, above)
    report.rule("allof-merged", place)
    merged: Json = own
    for index, part in enumerate(parts):
        merged = _both(merged, _followed(part, document, (*place, "allOf", index), report, above), place)
    return _keep_description(schema, merged)


def _trivial(part: Any) -> bool:
    """Tell whether a part of an ``allOf`` adds nothing: only annotations, validations, or that it is an object."""
    said = {key for key in part if key not in ANNOTATIONS | VALIDATIONS and not key.startswith("x-")} - {"description"}
    return not said or (said == {"type"} and part["type"] == "object")


def _followed(part: Json, document: Json, place: Place, report: Report, above: tuple[str, ...]) -> Json:
    while "$ref" in part:
        reference = part["$ref"]
        if reference in above:
            raise PrepareError(f"{pointer(*place)}: {reference} contains itself through allOf; break the circle")
        above = (*above, reference)
        target = lookup(document, reference, place)
        part = {**target, **{key: value for key, value in part.items() if key not in ("$ref", *ANNOTATIONS)}}
    flat = flatten(part, document, place, report, above)
    return {key: value for key, value in flat.items() if key != "description"}


def _both(first: Json, second: Json, place: Place) -> Json:
    """Return the schema that satisfies two schemas."""
    if "oneOf" in first or "oneOf" in second:
        lefts, rights = first.get("oneOf", [first]), second.get("oneOf", [second])
        if len(lefts) * len(rights) > _LIMIT:
            raise PrepareError(f"{pointer(*place)}: allOf of unions with more than {_LIMIT} combinations")
        rest = _both(_without_union(first), _without_union(second), place)
        branches = [{"allOf": [rest, *_branches(first, left), *_branches(second, right)]}
                    for left, right in product(lefts, rights)]  # fmt: skip
        return {"oneOf": [branch for branch in branches if not rest or NULL not in branch["allOf"]]}
    merged = {**first, **second}
    if "type" in first and "type" in second:
        merged["type"] = _common_type(first["type"], second["type"], place)
    if "properties" in first and "properties" in second:
        merged["properties"] = _properties(first["properties"], second["properties"])
    if "required" in first and "required" in second:
        merged["required"] = list(dict.fromkeys([*first["required"], *second["required"]]))
    if "const" in merged and "enum" in merged:
        del merged["enum"]
    if "enum" in first and "enum" in second:
        merged["enum"] = [member for member in first["enum"] if member in second["enum"]]
    if "nullable" in merged and not (first.get("nullable") and second.get("nullable")):
        del merged["nullable"]
    return merged


def _without_union(schema: Json) -> Json:
    return {} if "oneOf" in schema else schema


def _branches(schema: Json, branch: Json) -> list[Json]:
    return [branch] if "oneOf" in schema else []


def _properties(first: Json, second: Json) -> Json:
    merged = dict(first)
    for name, schema in second.items():
        same = name not in first or first[name] == schema
        merged[name] = schema if same else {"allOf": [first[name], schema]}
    return merged


def _common_type(first: Any, second: Any, place: Place) -> Any:
    if first == second:
        return first
    if {first, second} == {"integer", "number"}:
        return "integer"
    raise PrepareError(f"{pointer(*place, 'allOf')}: is {first} and {second} at once; no value can be both")

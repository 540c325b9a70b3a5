"""The algebra of ``allOf``, and of unions beside other keywords: many schemas into one, nothing lost.

A schema is settled when it is one of: anything, a reference, a constant, an enum, a type, or a union (``oneOf``). What
stands inside its properties, items and branches may still be as the document has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

from .canonical import PROSE, canonical
from .errors import Place, PrepareError, refuse
from .load import Json, is_array, is_object, same
from .references import lookup
from .report import Report
from .rules import COMBINERS, apply_rules

_LIMIT = 256
"""Branches a product of unions may have before it is refused; the largest published one has ten."""
_UNIONS = ("oneOf", "anyOf")
_KIND = {str: "string", int: "integer", bool: "boolean"}


class _Contradiction(PrepareError):
    """Two schemas that no value fits at once."""


class Algebra:
    """Settles the schemas of one document."""

    def __init__(self, document: Json, report: Report) -> None:
        self.document = document
        self.report = report

    def settle(self, raw: Any, place: Place, above: tuple[str, ...] = ()) -> Json:
        """Return the settled form of a schema.

        References are followed only inside ``allOf``: elsewhere a reference is a class and stays one.

        Args:
            raw: The schema, as the document has it.
            place: Where it stands.
            above: The references that led here.

        Raises:
            PrepareError: It is malformed, its parts contradict each other, or it contains itself.
        """
        schema = apply_rules(raw, place, self.report)
        validations = [key for key in _UNIONS if key in schema and _only_required(schema[key])]
        if validations:
            self.report.rule("required-only-branches", place)
            rest = {key: value for key, value in schema.items() if key not in validations}
            return self.settle({"type": "object", **rest}, place, above)
        own, unions = _own(schema), [{"oneOf": schema[key]} for key in _UNIONS if key in schema]
        if "allOf" in schema:
            return self._all_of(schema, self.settle(own, place, above), [*schema["allOf"], *unions], place, above)
        if not unions:
            return schema
        if len(unions) > 1 or own.keys() - {"type", "format"}:
            self.report.rule("union-beside-keywords", place)
            return _described(schema, self._meet([own, *unions], place, above))
        branches: list[Any] = unions[0]["oneOf"]
        if own:
            self.report.rule("type-beside-union", place)
            branches = [self._typed(own, each, (*place, "oneOf", index)) for index, each in enumerate(branches)]
        return _described(schema, {"oneOf": branches})

    def _typed(self, own: Json, branch: Any, place: Place) -> Any:
        """Return a branch with the type beside its union, where the branch states none."""
        says_nothing = is_object(branch) and not apply_rules(branch, place, Report()).keys() - {"description"}
        return {**branch, **own} if says_nothing else branch

    def _all_of(self, schema: Json, own: Json, parts: list[Any], place: Place, above: tuple[str, ...]) -> Json:
        settled = [self.settle(part, (*place, "allOf", index), above) for index, part in enumerate(parts)]
        telling = [part for part in settled if not _trivial(part)]
        if len(telling) == 1 and not own.keys() - {"type"} and telling[0].keys() & {"$ref", "oneOf"}:
            self.report.rule("allof-of-one", place)
            return _described(schema, telling[0])
        self.report.rule("allof-merged", place)
        met = self._meet([own, *settled], place, above)
        return _described(schema, _described(telling[0], met) if len(telling) == 1 else met)

    def _meet(self, parts: Iterable[Json], place: Place, above: tuple[str, ...]) -> Json:
        """Return the schema of the values that fit all parts."""
        met: Json = {}
        for part in parts:
            met = self._both(met, part, place, above)
        return met

    def _both(self, first: Json, second: Json, place: Place, above: tuple[str, ...]) -> Json:
        """Return the schema of the values that fit both schemas."""
        for bare, other in ((first, second), (second, first)):
            if not bare.keys() - {"description"} or (_trivial(bare) and other.keys() & {"$ref", "oneOf"}):
                return other  # as it is, so that a reference stays one
        first, above_first = self._followed(first, place, above)
        second, above_second = self._followed(second, place, above)
        inside = tuple(dict.fromkeys([*above_first, *above_second]))
        if "oneOf" in first or "oneOf" in second:
            return self._union_of_pairs(first, second, place, inside)
        for exact, other in ((first, second), (second, first)):
            if exact.keys() & {"const", "enum"}:
                return _narrowed(exact, other, place)
        return apply_rules(_merged(first, second, place), place, self.report)

    def _followed(self, part: Any, place: Place, above: tuple[str, ...]) -> tuple[Json, tuple[str, ...]]:
        """Return what a part means, settled and without its description, and the references that led there."""
        schema = self.settle(part, place, above)
        while "$ref" in schema:
            reference = schema["$ref"]
            if reference in above:
                raise refuse(place, f"{reference} contains itself through allOf; break the circle")
            above = (*above, reference)
            schema = self.settle(lookup(self.document, reference, place), place, above)
        return {key: value for key, value in schema.items() if key != "description"}, above

    def _union_of_pairs(self, first: Json, second: Json, place: Place, above: tuple[str, ...]) -> Json:
        """Return the union of all pairs of branches that a value can fit at once."""
        lefts, rights = first.get("oneOf", [first]), second.get("oneOf", [second])
        if len(lefts) * len(rights) > _LIMIT:
            raise refuse(place, f"the unions here have more than {_LIMIT} combinations; name the types that are meant")
        branches: dict[str, Json] = {}
        problem: PrepareError | None = None
        for left, right in product(lefts, rights):
            settled = [self.settle(each, place, above) for each in (left, right)]
            try:
                met = self._meet(settled, place, above)
            except _Contradiction as error:
                self.report.rule("impossible-branch", place)
                problem = error
                continue
            for each in met.get("oneOf", [met]):
                branches.setdefault(canonical(each), each)
        if not branches and problem:
            raise problem
        return {"oneOf": list(branches.values())} if len(branches) > 1 else next(iter(branches.values()))


def _own(schema: Json) -> Json:
    return {key: value for key, value in schema.items() if key not in COMBINERS and key != "description"}


def _described(schema: Json, result: Json) -> Json:
    """Return the result under the description of the schema it came from; a reference stays alone."""
    if "description" not in schema or "$ref" in result:
        return result
    return {**result, "description": schema["description"]}


def _only_required(union: list[Any]) -> bool:
    """Tell whether every branch only says which properties are needed together: a validation, not a type."""
    said: list[set[str]] = [branch.keys() - PROSE if is_object(branch) else set() for branch in union]
    return all("required" in keys and keys <= {"required", "type", "not"} for keys in said)


def _trivial(part: Json) -> bool:
    """Tell whether a settled schema says nothing but, perhaps, that it is an object."""
    return not part.keys() - {"description", "type"} and part.get("type", "object") == "object"


def _merged(first: Json, second: Json, place: Place) -> Json:
    """Return the schema that satisfies two types with their keywords."""
    merged = {**first, **second}
    if "type" in first and "type" in second:
        merged["type"] = _common_type(first["type"], second["type"], place)
    if first.get("format", merged.get("format")) != merged.get("format"):
        del merged["format"]
    for key in ("properties", "patternProperties"):
        if key in first and key in second:
            merged[key] = _each_both(first[key], second[key], (*place, key))
    for key in ("items", "additionalProperties"):
        if key in first and key in second:
            merged[key] = _one_both(first[key], second[key], (*place, key))
    if "required" in merged:
        merged["required"] = list(dict.fromkeys([*first.get("required", []), *second.get("required", [])]))
    return merged


def _each_both(first: Json, second: Json, place: Place) -> Json:
    both = {name: _one_both(first[name], second[name], (*place, name)) for name in second if name in first}
    return {**first, **second, **both}


def _one_both(first: Any, second: Any, place: Place) -> Any:
    """Return what a property is that two schemas describe; where both list its values, whether there is any shows."""
    if second is True or first is False or canonical(first) == canonical(second):
        return first
    if first is True or second is False:
        return second
    if _is_exact(first) and _is_exact(second):
        return _described(first, _narrowed(first, second, place))
    return {"allOf": [first, second]}


def _is_exact(schema: Any) -> bool:
    """Tell whether a schema, as the document has it, lists texts, numbers or booleans and nothing else."""
    if not is_object(schema) or not schema.keys() & {"const", "enum"} or "nullable" in schema:
        return False
    members = _members(schema)
    return is_array(members) and all(type(member) in _KIND for member in members)


def _common_type(first: str, second: str, place: Place) -> str:
    if first == second:
        return first
    if {first, second} == {"integer", "number"}:
        return "integer"
    raise _Contradiction(str(refuse((*place, "allOf"), f"is {first} and {second} at once; no value can be both")))


def _narrowed(exact: Json, other: Json, place: Place) -> Json:
    """Return the constants of one schema that fit the other."""
    members = [member for member in _members(exact) if _fits(member, other)]
    if not members:
        raise _Contradiction(str(refuse((*place, "allOf"), f"is one of {_members(exact)} and {other} at once")))
    return {"const": members[0]} if len(members) == 1 else {"enum": members}


def _members(schema: Json) -> Any:
    return [schema["const"]] if "const" in schema else schema["enum"]


def _fits(member: Any, schema: Json) -> bool:
    if schema.keys() & {"const", "enum"}:
        return any(same(member, each) for each in _members(schema))
    kind = _KIND[type(member)]
    wanted = schema.get("type", kind)
    return wanted == kind or (kind, wanted) == ("integer", "number")

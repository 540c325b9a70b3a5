"""Python types as sets of alternatives, and which of two takes in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

Atom: TypeAlias = tuple[str, Any]
"""One alternative: ("plain", its text), ("literal", the value as source text), ("list" or "dict", the type inside),
("named", the name of a component or class), or ("class", its name) where that is all there is to know."""
Type: TypeAlias = frozenset[Atom]
Expand: TypeAlias = Callable[[str], Type]
"""What a name stands for: a class for itself, all else for its type."""

ANY: Type = frozenset({("plain", "Any")})
NONE: Type = frozenset({("plain", "None")})
TEXT: Type = frozenset({("plain", "str")})
NOTHING: Type = frozenset()


def union(types: Iterable[Type]) -> Type:
    """Join types: among others, Any is all that is left."""
    joined = frozenset[Atom]().union(*types)
    return ANY if joined & ANY else joined


def text(kind: Type) -> str:
    """Return a type as one writes it."""
    return " | ".join(sorted(map(_atom_text, kind), key=lambda part: (part == "None", part))) or "nothing"


def _atom_text(atom: Atom) -> str:
    form, inside = atom
    if form in ("list", "dict"):
        return f"list[{text(inside)}]" if form == "list" else f"dict[str, {text(inside)}]"
    return f"Literal[{inside}]" if form == "literal" else str(inside)


def relate(old: Type, new: Type, expand_old: Expand, expand_new: Expand) -> str:
    """Tell how a type became another one: ``same``, ``narrowed``, ``widened`` or ``changed``.

    What was Any and now becomes an object of a class is another thing to handle, not less of the same.
    """
    if old == new:
        return "same"
    fewer, more = _fits(new, old, expand_new, expand_old), _fits(old, new, expand_old, expand_new)
    if fewer and more:
        return "same"
    if fewer and old & ANY and _is_decoded(new, expand_new):
        return "changed"
    return "narrowed" if fewer else "widened" if more else "changed"


def _fits(part: Type, whole: Type, expand_part: Expand, expand_whole: Expand) -> bool:
    """Tell whether every value of one type is one of another. Booleans are no numbers, and moments no days."""
    if whole & ANY:
        return True
    rest = part - whole
    if not rest:
        return True
    spread = full(whole, expand_whole)
    return all(
        _fits(expand_part(atom[1]), whole, expand_part, expand_whole)
        if atom[0] == "named"
        else any(_atom_fits(atom, other, expand_part, expand_whole) for other in spread)
        for atom in rest
    )


def full(kind: Type, expand: Expand) -> Type:
    """Return a type with everything its names stand for, down to what is no name."""
    named = [atom for atom in kind if atom[0] == "named"]
    return union([kind - frozenset(named), *[full(expand(atom[1]), expand) for atom in named]])


def _atom_fits(part: Atom, whole: Atom, expand_part: Expand, expand_whole: Expand) -> bool:
    if whole in (part, ("plain", "Any")):
        return True
    if part[0] == whole[0] and part[0] in ("list", "dict"):
        return _fits(part[1], whole[1], expand_part, expand_whole)
    if whole == ("plain", "float"):
        return part == ("plain", "int") or (part[0] == "literal" and part[1].lstrip("-").isdigit())
    return part[0] == "literal" and whole == ("plain", _literal_type(part[1]))


def _literal_type(source: str) -> str:
    return "bool" if source in ("True", "False") else "int" if source.lstrip("-").isdigit() else "str"


_DECODED = {("plain", "datetime.datetime"), ("plain", "datetime.date"), ("plain", "bytes")}


def _is_decoded(kind: Type, expand: Expand) -> bool:
    """Tell whether a value of the type may be another object than the JSON it came as."""
    for form, inside in full(kind, expand):
        if form == "class" or (form, inside) in _DECODED:
            return True
        if form in ("list", "dict") and _is_decoded(inside, expand):
            return True
    return False

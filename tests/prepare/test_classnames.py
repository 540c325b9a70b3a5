"""Class names: unique as classes and as modules, in the generator's spelling and in Python's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_python_client.strings import ClassName

from prepare.classnames import RESERVED, ClassNames, branch_name, dict_class, module_name, pascal, resource_class

wanted = st.lists(
    st.one_of(st.text(max_size=6), st.sampled_from((*sorted(RESERVED), "a", "A", "a2", "A2", "ﬁ", "fi", "Abĸc"))),
    max_size=8,
)


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["thing", "Thing", "thing-", "Thing2"], ["Thing", "Thing2", "Thing3", "Thing22"]),
        (["ThingOne", "Thingone", "thing_one"], ["ThingOne", "Thingone2", "ThingOne3"]),
        (
            ["Any", "Unset", "WireModel", "Operation"],
            ["AnySchema", "UnsetSchema", "WireModelSchema", "OperationSchema"],
        ),
        (["Model", "Response", "Client", "type"], ["Model", "Response", "Client", "Type"]),
        (["aliases", "Aliases"], ["AliasesSchema", "AliasesSchema2"]),
        (["1st", "", "日本", "None", "Abĸc"], ["Field1St", "Field", "日本", "None_", "Abc"]),
        (["ThingsResource"], ["ThingsResourceSchema"]),
        (["Thing", "ThingDict", "ThingDict"], ["Thing", "ThingDict2", "ThingDict3"]),
        (["ThingDict", "Thing"], ["ThingDict", "Thing2"]),
    ],
)
def test_names_that_clash_get_a_suffix_or_a_number(names: list[str], made: list[str]) -> None:
    """Names the generated modules use themselves are clashes too."""
    taken = ClassNames([resource_class(("things",))])
    assert [taken.take(name) for name in names] == made


@given(names=wanted)
@settings(max_examples=200, deadline=None)
def test_no_two_names_are_one_class_or_one_module(names: list[str]) -> None:
    """Also on a disk that ignores case, and after the generator and Python have spelled them their way."""
    taken = ClassNames()
    made = [taken.take(name) for name in names]
    assert len({name.lower() for name in made}) == len({module_name(name) for name in made}) == len(names)
    assert not set(made) & RESERVED
    assert len({dict_class(name).lower() for name in made} | {name.lower() for name in made}) == 2 * len(names)
    for name in made:
        assert name.isidentifier()
        assert str(ClassName(name, "field_")) == name
        scope: dict[str, int] = {}
        exec(f"{name} = 1", scope)  # noqa: S102  # what Python makes of the name is the question
        assert name in scope


def test_the_thousandth_of_a_name_is_as_quick_as_the_second() -> None:
    """Numbers are remembered, not tried again from the start."""
    taken = ClassNames()
    assert [taken.take("a") for _ in range(3000)][-1] == "A3000"


def test_fragments_and_resources() -> None:
    """Class names are put together from them."""
    assert pascal("data_sources-list 2") == "DataSourcesList2"
    assert resource_class(("chat", "tool_calls")) == "ChatToolCallsResource"


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ({"properties": {"a": {"const": "x"}, "type": {"enum": ["big-one"]}}}, "BigOne"),
        ({"properties": {"a": {"const": "x"}}}, "X"),
        (
            {"properties": {"a": {"const": 1}, "b": {"enum": ["x", "y"]}, "c": True, "d": {"enum": 1}, "e": {}}},
            "Option3",
        ),
        ({"properties": {"a": {"const": "日"}}}, "Option3"),
        ({"type": "string"}, "Option3"),
    ],
)
def test_a_branch_is_named_by_what_tells_it_apart(schema: dict[str, object], name: str) -> None:
    """Its one constant text, else its number."""
    assert branch_name(schema, 2) == name

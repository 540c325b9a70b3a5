"""Saved prompts at work: what was saved, which version of it, filled in with what the caller gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portkey_mock import Gateway, ManualClock
from portkey_mock.templates import Template
from tests.mock import spec, things
from tests.mock.conftest import Caller
from tests.mock.test_streams import read

MESSAGES = [
    {"role": "system", "content": "You sell books. {{>tone}}"},
    {"role": "user", "content": "A blurb for {{title}} by {{author.name}}."},
]
PROMPT = {
    "name": "blurb",
    "collection_id": "c",
    "string": json.dumps(MESSAGES),
    "model": "gpt-4o",
    "parameters": {"temperature": 0.2, "max_tokens": 40},
    "virtual_key": "v",
}
GIVEN = {"title": 'The "Sea"', "author": {"name": "Ada"}}


@pytest.fixture
def call() -> Caller:
    """Calls a gateway that has prompts and what belongs to them."""
    paths = ("/prompts", "/labels", "/collections", "/virtual-keys", "/chat")
    return Caller(Gateway(spec.part(*paths), clock=ManualClock()))


def saved(call: Caller, **more: Any) -> str:
    """The slug of a prompt that is saved."""
    return str(call.json("POST", "/prompts", things.refer(call, PROMPT) | more)["slug"])


def rendered(call: Caller, name: str, variables: Any = GIVEN, **more: Any) -> Any:
    """The request that a prompt becomes."""
    made = call.json("POST", f"/prompts/{name}/render", {"variables": variables, **more})
    assert made["success"] is True
    return made["data"]


def completed(call: Caller, name: str, **more: Any) -> Any:
    """What a model answers to a prompt."""
    return call.json("POST", f"/prompts/{name}/completions", {"variables": GIVEN, **more})


def test_a_chat_is_rendered(call: Caller) -> None:
    """Messages, model and parameters are those that were saved, with variables and partials filled in."""
    slug = call.json("POST", "/prompts/partials", {"name": "tone", "string": "Be {{mood}}."})["slug"]
    template = json.dumps(MESSAGES).replace("tone", slug)
    assert rendered(call, saved(call, string=template), {**GIVEN, "mood": "brief"}) == {
        "model": "gpt-4o",
        "temperature": 0.2,
        "max_tokens": 40,
        "messages": [
            {"role": "system", "content": "You sell books. Be brief."},
            {"role": "user", "content": 'A blurb for The "Sea" by Ada.'},
        ],
    }


def test_what_nobody_gave_is_empty(call: Caller) -> None:
    """A variable without a value and a partial that is not there leave nothing behind."""
    messages = rendered(call, saved(call), {})["messages"]
    assert [each["content"] for each in messages] == ["You sell books. ", "A blurb for  by ."]


def test_a_text_is_rendered(call: Caller) -> None:
    """A template that is no list of messages becomes the prompt of a text completion."""
    name = saved(call, string="{{title}}, [in a word]: ", model="m", parameters={})
    assert rendered(call, name) == {"model": "m", "prompt": 'The "Sea", [in a word]: '}
    assert completed(call, name)["object"] == "text_completion"
    assert rendered(call, saved(call, string='{"role": "user"}', parameters={}))["prompt"] == '{"role": "user"}'


def test_messages_from_a_variable(call: Caller) -> None:
    """A template may become JSON only when it is filled in, as with a variable that holds a message."""
    name = saved(call, string='[{"role": "system", "content": "Hi"}, {{last}}]')
    last = {"role": "user", "content": "Who?"}
    assert rendered(call, name, {"last": last})["messages"][1] == last


def test_a_caller_overrides(call: Caller) -> None:
    """Settings at the top of the body win over those saved, and so do those of the documented group; the text stays."""
    name = saved(call)
    group = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "instead"}], "top_p": 0.5}
    made = rendered(call, name, temperature=1, hyperparameters=group, stream=True)
    assert (made["model"], made["temperature"], made["top_p"], made["max_tokens"]) == ("gpt-4o-mini", 1, 0.5, 40)
    assert made["messages"][1]["content"].startswith("A blurb")
    assert made["stream"] is True
    assert completed(call, name, hyperparameters=group)["model"] == "gpt-4o-mini"


def test_what_belongs_to_the_request_comes_along(call: Caller) -> None:
    """Tools that were saved with a prompt are offered; a prompt without a model has the mock's."""
    tool = {"type": "function", "function": {"name": "price", "parameters": {"type": "object"}}}
    name = saved(call, tools=[tool], tool_choice={"type": "function", "function": {"name": "price"}})
    assert rendered(call, name)["tools"] == [tool]
    choice = completed(call, name)["choices"][0]
    assert choice["message"]["tool_calls"][0]["function"]["name"] == "price"
    plain = call.json("POST", "/prompts", {k: v for k, v in things.refer(call, PROMPT).items() if k != "model"})
    assert rendered(call, plain["id"])["model"] == completed(call, plain["id"])["model"] == "mock-model"


def test_a_schema_is_no_secret(call: Caller) -> None:
    """The schema of a tool keeps properties that are called like secrets; values so called are left out even there."""
    schema = {
        "type": "object",
        "properties": {"key": {"type": "string"}, "secret": True, "by": {"$ref": "#/$defs/token"}},
        "patternProperties": {"_key": {"type": "object", "properties": {"token": {"type": "integer"}}}},
        "$defs": {"token": {"type": "string"}},
        "required": ["key"],
    }
    tool = {"type": "function", "function": {"name": "price", "parameters": schema}}
    leaky = {**tool, "properties": {"api_key": "sk-1", "name": "n"}, "function": {"name": "f", "parameters": {}}}
    name = saved(call, tools=[tool, leaky], parameters={"secret": {"a": 1}, "properties": "x"})
    made = rendered(call, name)
    assert made["tools"] == [tool, {**leaky, "properties": {"name": "n"}}]
    assert (made["properties"], "secret" in made) == ("x", False)


def test_a_completion_is_the_model_s(call: Caller) -> None:
    """The completion names the model of the prompt, keeps its limit, and counts the filled in messages."""
    name = saved(call, parameters={"max_tokens": 3})
    made = completed(call, name)
    assert (made["object"], made["model"], made["usage"]["completion_tokens"]) == ("chat.completion", "gpt-4o", 3)
    longer = completed(call, name, variables={"title": "Sea " * 400})
    assert longer["usage"]["prompt_tokens"] > made["usage"]["prompt_tokens"] + 300
    assert completed(call, name, max_tokens=5)["usage"]["completion_tokens"] == 5


def test_a_completion_is_streamed(call: Caller) -> None:
    """The stream of a prompt adds up to what comes without one, from the model of the prompt."""
    name = saved(call)
    whole = completed(call, name)
    response = call("POST", f"/prompts/{name}/completions", {"variables": GIVEN, "stream": True})
    events = [event for _, event in read(response.body)]
    assert events.pop() == "[DONE]"
    assert {event["model"] for event in events} == {"gpt-4o"}
    said = "".join(event["choices"][0]["delta"].get("content") or "" for event in events)
    assert said == whole["choices"][0]["message"]["content"]


def test_versions_are_chosen(call: Caller) -> None:
    """The default version is run, or the one of the number, the newest, or the one of the label that the path names."""
    name = saved(call, string="one", parameters={})
    for words in ("two", "three"):
        last = call.json("PUT", f"/prompts/{name}", {"string": words})["prompt_version_id"]
    label = call.json("POST", "/labels", {"name": "production"})["id"]
    versions = call.json("GET", f"/prompts/{name}/versions")["data"]
    call.json("PUT", f"/prompts/{name}/versions/{last}", {"label_id": label})
    call.json("PUT", f"/prompts/{name}/versions/{versions[1]['id']}", {"label_id": label})

    def text(end: str) -> Any:
        return rendered(call, name + end)["prompt"]

    assert [text(end) for end in ("", "@1", "@latest", "@production", f"@{label}")] == [
        "one",
        "one",
        "three",
        "two",
        "two",
    ]
    call.json("PUT", f"/prompts/{name}/makeDefault", {"version": 3})
    assert text("") == "three"
    assert completed(call, f"{name}@2")["object"] == "text_completion"


def test_the_default_version_of_a_partial(call: Caller) -> None:
    """A changed partial is what templates include once it is the default; a name may ask for a version, too."""
    slug = call.json("POST", "/prompts/partials", {"name": "tone", "string": "old"})["slug"]
    name = saved(call, string=f"{{{{>{slug}}}}} {{{{> {slug}@latest }}}}", parameters={})
    call.json("PUT", f"/prompts/partials/{slug}", {"string": "new"})
    assert rendered(call, name)["prompt"] == "old new"
    call.json("PUT", f"/prompts/partials/{slug}/makeDefault", {"version": 2})
    assert rendered(call, name)["prompt"] == "new new"


@pytest.mark.parametrize("end", ["@4", "@0", "@nobody", "@٣"])
@pytest.mark.parametrize("action", ["completions", "render"])
def test_unknown_versions(call: Caller, end: str, action: str) -> None:
    """A version or label that a prompt does not have is not found, and neither is a prompt that nobody saved."""
    name = saved(call)
    for path in (name + end, "unknown"):
        assert call("POST", f"/prompts/{path}/{action}", {"variables": {}}).status == 404


def test_what_no_model_takes(call: Caller) -> None:
    """Where the prompt becomes no request the refusal says where and why; so does one that becomes too large."""
    name = saved(call, string='[{"role": "nobody", "content": "x"}]')
    for action in ("completions", "render"):
        refused = call("POST", f"/prompts/{name}/{action}", {"variables": {}})
        error = json.loads(refused.body)["error"]
        assert (refused.status, error["code"]) == (422, "invalid_prompt")
        assert "/messages/0" in error["message"]
    endless = "{{#a}}" * 6 + "x" + "{{/a}}" * 6
    refused = call("POST", f"/prompts/{saved(call, string=endless)}/render", {"variables": {"a": list(range(1, 60))}})
    assert (refused.status, json.loads(refused.body)["error"]["param"]) == (422, "/body/variables")


def test_a_partial_that_includes_itself(call: Caller) -> None:
    """It is followed some way, and ends."""
    slug = call.json("POST", "/prompts/partials", {"name": "p", "string": "x"})["slug"]
    call.json("PUT", f"/prompts/partials/{slug}", {"string": f"x{{{{>{slug}@latest}}}}"})
    text = rendered(call, saved(call, string=f"{{{{>{slug}@latest}}}}", parameters={}))["prompt"]
    assert set(text) == {"x"}
    assert 10 < len(text) < 100


def test_the_state_is_followed(call: Caller) -> None:
    """The same request gets another answer as soon as the prompt is another one."""
    name = saved(call)
    first = completed(call, name)["model"]
    call.json("PUT", f"/prompts/{name}", {"model": "o3"})
    call.json("PUT", f"/prompts/{name}/makeDefault", {"version": 2})
    assert (first, completed(call, name)["model"]) == ("gpt-4o", "o3")


def test_made_up_prompts() -> None:
    """Where only the document counts, an unknown prompt or version, and one that becomes no request, are made up."""
    call = Caller(Gateway(spec.part("/prompts"), mode="document", clock=ManualClock()))
    assert "model" in rendered(call, "p")
    assert completed(call, "p@7")["object"] == "chat.completion"
    made = call.json("POST", "/prompts", {**PROMPT, "string": "a", "parameters": {"max_tokens": "many"}})
    assert completed(call, made["id"])["object"] == "chat.completion"
    good = call.json("POST", "/prompts", {**PROMPT, "string": "a", "parameters": {}})
    assert rendered(call, good["id"]) == {"model": "gpt-4o", "prompt": "a"}


def test_a_document_without_rendering() -> None:
    """Where the document does not say what a prompt becomes, anything will do."""
    document = spec.part("/prompts")
    del document["paths"]["/prompts/{promptId}/render"]
    call = Caller(Gateway(document, clock=ManualClock()))
    made = call.json("POST", "/prompts", {**PROMPT, "collection_id": "c", "string": '[{"role": "nobody"}]'})
    assert completed(call, made["id"])["model"] == "gpt-4o"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{a}} {{ a }} {{{a}}} {{&a}}", "<b> <b> <b> <b>"),
        ('{"x":{{n}}} {{yes}} {{none}}', '{"x":1} true '),
        ("{{deep.er.most}}{{deep.no.most}}{{a.b}}", "found"),
        ("{{deep}}", '{"er": {"most": "found"}}'),
        ("{{#list}}{{name}}{{a}};{{/list}}", "one<b>;two<b>;"),
        ("{{#words}}{{.}},{{/words}}", "x,y,"),
        (
            "{{#yes}}1{{/yes}}{{#no}}2{{/no}}{{^no}}3{{/no}}{{^yes}}4{{/yes}}{{#empty}}5{{/empty}}{{^gone}}6{{/gone}}",
            "136",
        ),
        ("{{#deep}}{{#er}}{{most}}{{/er}}{{/deep}}", "found"),
        ("{{! nothing }}a{{/b}}{{#yes}}c", "ac"),
        ("{{>part}}{{>other}}", "<b>!"),
        ("{{ {a} }} {{", "{{ {a} }} {{"),
        ("{{}}", ""),
    ],
)
def test_the_language_of_templates(template: str, text: str) -> None:
    """Each kind of tag becomes what it stands for."""
    variables = {
        "a": "<b>",
        "n": 1,
        "yes": True,
        "no": False,
        "none": None,
        "empty": [],
        "deep": {"er": {"most": "found"}},
        "list": [{"name": "one"}, {"name": "two"}],
        "words": ["x", "y"],
    }
    assert Template(variables, partial).filled(template) == text


def partial(name: str) -> str:
    """The one partial there is."""
    return "{{a}}!" if name == "part" else ""


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{{{", "}}}", "#", "^", "/", ">", "!", "a", "b", ".", " ", "{{#a}}", "{{/a}}"])
    ),
    st.recursive(
        st.none() | st.booleans() | st.text("xy"),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("ab"), inner),
    ),
)
def test_any_text_is_a_template(pieces: list[str], value: Any) -> None:
    """Whatever it is, a template becomes a text; one without tags stays as it is."""
    template = "".join(pieces)
    filled = Template({"a": value, "b": "y"}, lambda _: "{{a}}").filled(template)
    assert "{{" in template or filled == template

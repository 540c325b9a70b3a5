"""What users write and both type checkers must accept, with the types they must see."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, assert_type


from portkey_api.models import (
    Batch,
    ChatCompletionRequestUserMessage,
    OpenAIFile,
    RegexMatchCheck,
    RegexMatchParameters,
)
from portkey_client import (
    GATEWAYS,
    UNSET,
    AsyncPortkey,
    ClientOptions,
    Config,
    Event,
    Gateway,
    Portkey,
    RawResponse,
    Retry,
)

client = Portkey(api_key="k", virtual_key="v")

cancelled = client.batches.cancel("batch_abc123")
assert_type(cancelled, Batch)
assert_type(cancelled.id, str)
assert_type(cancelled.completed_at, int | None)
assert_type(cancelled.metadata, dict[str, Any] | None)
if cancelled.request_counts is not None:
    assert_type(cancelled.request_counts.total, int)
kind: Literal["batch"] = cancelled.object

created = client.batches.create(
    input_file_id="file-1", endpoint="/v1/chat/completions", completion_window="24h", metadata={"team": "blue"}
)
assert_type(created, Batch)
assert_type(client.files.create(file=Path("in.jsonl"), purpose="batch"), OpenAIFile)
assert_type(client.files.create(file=("in.jsonl", b"{}"), purpose="batch", timeout=5.0), OpenAIFile)
assert_type(client.batches.output("batch_abc123"), bytes)

messages: list[ChatCompletionRequestUserMessage | Mapping[str, Any]] = [{"role": "user", "content": "hi"}]
completion = client.chat.completions.create(model="gpt-4o", messages=messages, extra_headers={"x-a": "b"})
assert_type(completion.choices[0].message.content, str | None)


check = RegexMatchCheck(id="default.regexMatch", parameters=RegexMatchParameters(rule="^a"))
assert_type(check.parameters, RegexMatchParameters | None)
for known in client.guardrails.retrieve("g").checks or []:
    if known.id == "default.regexMatch":
        assert_type(known.parameters, RegexMatchParameters | None)
raw = client.batches.with_raw_response.cancel("batch_abc123", timeout=5.0)
assert_type(raw, RawResponse[Batch])
assert_type(raw.parsed.id, str)
assert_type(raw.gateway_retries, int | None)
assert_type(client.batches.with_raw_response.output("batch_abc123"), RawResponse[bytes])
created_raw = client.batches.with_raw_response.create(input_file_id="file-1", model="m", role_arn="r")
assert_type(created_raw, RawResponse[Batch])


def on_event(event: Event) -> None:
    """Take the events of a call."""
    assert_type(event.status, int | None)


Portkey(retries=3, hooks=[on_event])
Portkey(retries=Retry(5, deadline=30.0))
config: Config = {
    "strategy": {"mode": "fallback", "on_status_codes": [429]},
    "targets": [{"provider": "openai", "api_key": "sk"}, {"provider": "bedrock", "aws_region": "eu-west-1"}],
    "retry": {"attempts": 3},
    "request_timeout": 10_000,
}
assert_type(Portkey(gateway="portkey-oss", config=config), Portkey)
assert_type(Portkey(gateway=Gateway(name="mine", base_url="http://h/v1", trailing_slash=True), api_key="k"), Portkey)
assert_type(GATEWAYS["openai"].base_url, str)
assert_type(client.with_options(metadata={"_user": "u"}, trace_id=None, timeout=None, headers={"x-a": None}), Portkey)
assert_type(client.with_options(config={"provider": "vertex-ai", "vertex_region": "eu"}).batches.cancel("b"), Batch)
options: ClientOptions = {"cache_force_refresh": True, "provider_options": {"aws_region": "eu-west-1"}}
assert_type(AsyncPortkey(**options).with_options(**options), AsyncPortkey)
client.batches.cancel("b", extra_headers={"x-a": None}, extra_query={"q": 1}, extra_body={"f": UNSET}, retries=0)


class Mine(Portkey):
    """A client of one's own keeps its type."""


assert_type(Mine(api_key="k", virtual_key="v").with_options(trace_id="t"), Mine)


async def asynchronously(other: AsyncPortkey) -> None:
    """The asynchronous client has the same types."""
    assert_type(await other.batches.cancel("batch_abc123"), Batch)
    assert_type(await other.files.content("file-1"), bytes)
    assert_type(await other.batches.with_raw_response.cancel("batch_abc123"), RawResponse[Batch])

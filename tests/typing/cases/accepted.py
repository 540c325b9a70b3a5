"""What users write and both type checkers must accept, with the types they must see."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, assert_type

from portkey_api.dicts import (
    ChatCompletionRequestUserMessageDict,
    ChatCompletionToolDict,
    CreateChatCompletionRequestDict,
)
from portkey_api.models import (
    AnthropicMessage,
    AnthropicMessageEvent,
    AssistantStreamEvent,
    Batch,
    ChatCompletionRequestUserMessage,
    ChatCompletionStreamOptions2,
    ChatCompletionTool,
    CreateChatCompletionRequest,
    CreateChatCompletionResponse,
    CreateChatCompletionStreamResponse,
    CreateCompletionResponse,
    CreateCompletionStreamResponse,
    CreateEmbeddingResponse,
    CreateEncodedEmbeddingResponse,
    FileExpirationAfter,
    IntegrationModel,
    JWTParameters,
    ListBatchesResponse,
    Model,
    OpenAIBatchJob,
    OpenAIFile,
    PromptVersionSummary,
    RegexMatchCheck,
    RegexMatchParameters,
    Response,
    ResponseStreamEvent,
    RunObject,
)
from portkey_api.types import AsyncStream, Stream
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
from portkey_client.bulk import AsyncOutcomes, Outcome, Outcomes, arguments

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
    input_file_id="file-1",
    endpoint="/v1/chat/completions",
    completion_window="24h",
    metadata={"team": "blue"},
    output_expires_after={"anchor": "created_at", "seconds": 3600},
)
assert_type(created, Batch)
assert_type(client.files.create(file=Path("in.jsonl"), purpose="batch"), OpenAIFile)
assert_type(client.files.create(file=("in.jsonl", b"{}"), purpose="batch", timeout=5.0), OpenAIFile)
assert_type(client.batches.output("batch_abc123"), bytes)

# -- nested values: dict literals, models, and both

plain: ChatCompletionRequestUserMessageDict = {"role": "user", "content": "hi"}
messages: list[ChatCompletionRequestUserMessage | ChatCompletionRequestUserMessageDict] = [
    {"role": "user", "content": "hi"}
]
messages.append(ChatCompletionRequestUserMessage(role="user", content="hi"))
completion = client.chat.completions.create(model="gpt-4o", messages=messages, extra_headers={"x-a": "b"})
assert_type(completion, CreateChatCompletionResponse)
assert_type(completion.choices[0].message.content, str | None)
weather: ChatCompletionToolDict = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "strict": True,
    },
}
client.chat.completions.create(
    model="gpt-4o",
    messages=[
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "1", "content": "rain"},
        ChatCompletionRequestUserMessage(role="user", content="And now?"),
    ],
    tools=[weather, {"type": "function", "function": {"name": "f"}}],
    tool_choice={"type": "function", "function": {"name": "weather"}},
    response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    stream_options={"include_usage": True},
    extra_body={"thinking": {"budget": 1}},
)
spoken = client.chat.completions.create(
    model="gpt-audio",
    messages=[
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {
            "role": "user",
            "content": [
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
            ],
        },
    ],
    reasoning_effort="minimal",
    verbosity="low",
    metadata={"team": "a"},
    modalities=["text", "audio"],
    audio={"format": "mp3", "voice": "alloy"},
    prediction={"type": "content", "content": "hi"},
    web_search_options={"user_location": {"type": "approximate", "approximate": {"country": "GB"}}},
    service_tier="flex",
    safety_identifier="u",
    prompt_cache_key="k",
    prompt_cache_retention="24h",
)
if spoken.choices[0].message.audio:
    assert_type(spoken.choices[0].message.audio.transcript, str)
client.responses.create(
    model="gpt-4o",
    input=[{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
    tools=[{"type": "web_search_preview"}],
    text={"format": {"type": "text"}},
)
client.responses.create(
    model="gpt-5",
    input=[{"type": "mcp_approval_response", "approval_request_id": "m", "approve": True}],
    background=True,
    conversation="conv_1",
    prompt={"id": "p", "variables": {"name": "Ada", "photo": {"type": "input_image", "detail": "original"}}},
    include=["reasoning.encrypted_content"],
    tools=[
        {
            "type": "mcp",
            "server_label": "s",
            "server_url": "https://a",
            "require_approval": {"never": {"read_only": True}},
        },
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}},
        {"type": "web_search", "filters": {"allowed_domains": ["example.com"]}},
    ],
    reasoning={"effort": "high", "summary": "auto"},
    text={"verbosity": "high"},
    max_tool_calls=3,
    service_tier="priority",
    top_logprobs=2,
)
client.fine_tuning.jobs.create(model="m", training_file="file-1")
client.fine_tuning.jobs.create(
    model="m",
    training_file="file-1",
    method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": "auto"}}},
)
client.guardrails.create(name="g", checks=[{"id": "default.jwt"}], actions={"deny": True})
client.prompts.render("p", variables={}, temperature=0.5, max_tokens=10)
client.files.create(file=b"", purpose="batch", expires_after_anchor="created_at", expires_after_seconds=3600)
client.vector_stores.files.create("vs_1", file_id="file-1", attributes={"year": 2026})
client.images.generate(prompt="p", quality="high", size="1536x1024", background="transparent", output_format="webp")
client.messages.create(
    model="claude",
    max_tokens=5,
    messages=[{"role": "user", "content": "hi"}],
    system=[{"type": "text", "text": "s", "cache_control": {"type": "ephemeral"}}],
    thinking={"type": "enabled", "budget_tokens": 1024},
)
client.vector_stores.create(
    expires_after={"anchor": "last_active_at", "days": 3},
    chunking_strategy={"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}},
)
client.configs.create(name="n", config={"strategy": {"mode": "fallback"}, "targets": [{"virtual_key": "a"}]})

made = CreateChatCompletionRequest(
    model="gpt-4o",
    messages=[{"role": "user", "content": [{"type": "text", "text": "hi"}]}, ChatCompletionRequestUserMessage(**plain)],
    tools=[weather],
    stream_options={"include_usage": True},
    response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
)
assert_type(made.tools, list[ChatCompletionTool] | None)
assert_type(made.stream_options, ChatCompletionStreamOptions2 | None)
if made.tools is not None:
    assert_type(made.tools[0].function.name, str)
job = OpenAIBatchJob(
    input_file_id="file-1",
    endpoint="/v1/embeddings",
    completion_window="24h",
    output_expires_after={"anchor": "created_at", "seconds": 3600},
)
assert_type(job.output_expires_after, FileExpirationAfter | None)
body: CreateChatCompletionRequestDict = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}
assert_type(CreateChatCompletionRequest(**body), CreateChatCompletionRequest)
assert_type(JWTParameters(jwks_uri="u", header_key="k", algorithms=("RS256",)).algorithms, list[str] | None)

# -- an answer that an argument decides

vectors = client.embeddings.create(model="m", input=["a"])
assert_type(vectors, CreateEmbeddingResponse)
assert_type(vectors.data[0].embedding, list[float])
assert_type(client.embeddings.create(model="m", input="a", encoding_format="float"), CreateEmbeddingResponse)
packed = client.embeddings.create(model="m", input="a", encoding_format="base64")
assert_type(packed.data[0].embedding, str)
assert_type(client.embeddings.with_raw_response.create(model="m", input="a"), RawResponse[CreateEmbeddingResponse])
assert_type(
    client.embeddings.with_raw_response.create(model="m", input="a", encoding_format="base64"),
    RawResponse[CreateEncodedEmbeddingResponse],
)


def in_a_format(encoding: Literal["float", "base64"]) -> None:
    """A format that only run time knows gives either answer."""
    assert_type(
        client.embeddings.create(model="m", input="a", encoding_format=encoding),
        CreateEmbeddingResponse | CreateEncodedEmbeddingResponse,
    )


# -- streams

hi: list[ChatCompletionRequestUserMessageDict] = [{"role": "user", "content": "hi"}]
chunks = client.chat.completions.create(model="m", messages=hi, stream=True)
assert_type(chunks, Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse])
with chunks:
    for chunk in chunks:
        assert_type(chunk.choices[0].delta.content, str | None)
assert_type(chunks.final(), CreateChatCompletionResponse)
assert_type(client.chat.completions.create(model="m", messages=hi, stream=False), CreateChatCompletionResponse)
assert_type(client.chat.completions.create(model="m", messages=hi, stream=None), CreateChatCompletionResponse)
assert_type(
    client.completions.create(model="m", prompt="p", stream=True),
    Stream[CreateCompletionStreamResponse, CreateCompletionResponse],
)
assert_type(client.responses.create(model="m", input="hi", stream=True), Stream[ResponseStreamEvent, Response])
assert_type(
    client.messages.create(model="m", max_tokens=1, messages=[], stream=True),
    Stream[AnthropicMessageEvent, AnthropicMessage],
)
assert_type(
    client.threads.runs.create("thread_1", assistant_id="a", stream=True), Stream[AssistantStreamEvent, RunObject]
)

raw_chunks = client.chat.completions.with_raw_response.create(model="m", messages=hi, stream=True)
assert_type(raw_chunks, RawResponse[Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]])
assert_type(raw_chunks.trace_id, str | None)
with raw_chunks.parsed as raw_events:
    assert_type(next(iter(raw_events)), CreateChatCompletionStreamResponse)
assert_type(
    client.chat.completions.with_raw_response.create(model="m", messages=hi),
    RawResponse[CreateChatCompletionResponse],
)


def either(stream: bool) -> None:
    """A flag that only run time knows gives either answer."""
    assert_type(
        client.chat.completions.create(model="m", messages=hi, stream=stream),
        CreateChatCompletionResponse | Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse],
    )
    assert_type(
        client.chat.completions.with_raw_response.create(model="m", messages=hi, stream=stream),
        RawResponse[CreateChatCompletionResponse]
        | RawResponse[Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]],
    )


# -- aliases

assert_type(client.files.retrieve_content("file-1"), bytes)
assert_type(client.beta.threads.runs.poll("thread_1", "run_1"), RunObject)
assert_type(client.vector_stores.files.upload(file=b"", purpose="assistants"), OpenAIFile)
assert_type(
    client.beta.chat.completions.stream(model="m", messages=hi, stream=True),
    Stream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse],
)


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
created_raw = client.batches.with_raw_response.create(
    input_file_id="file-1", endpoint="/v1/embeddings", completion_window="24h"
)
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


for item in client.items(client.batches.list, limit=20, timeout=5):
    assert_type(item, Batch)
for answer in client.pages(client.batches.list, after="b"):
    assert_type(answer, ListBatchesResponse)
assert_type(client.items(client.prompts.versions.list, "p").first(5), list[PromptVersionSummary])
assert_type(client.items(client.integrations.models.list, "i").first(5), list[IntegrationModel])
with client.stream_bytes(client.audio.speech.create, model="m", input="hi", voice="alloy") as speech:
    for piece in speech:
        assert_type(piece, bytes)


questions = [{"model": "m", "input": text} for text in ("a", "b")]
for outcome in client.map(client.embeddings.create, questions, concurrency=8, journal=Path("run.jsonl")):
    assert_type(outcome, Outcome[CreateEmbeddingResponse])
    assert_type(outcome.result, CreateEmbeddingResponse | None)
    assert_type(outcome.unwrap(), CreateEmbeddingResponse)
    assert_type(outcome.state, Literal["done", "failed", "unknown"])
asked = (arguments(client.chat.completions.create, model=model, messages=hi) for model in ("a", "b"))
with client.map(client.chat.completions.create, asked, ordered=False, resend={"failed"}) as answered:
    assert_type(answered, Outcomes[CreateChatCompletionResponse])
    assert_type(next(answered).unwrap(), CreateChatCompletionResponse)
assert_type(next(client.map(client.batches.retrieve, [arguments(client.batches.retrieve, "b")])), Outcome[Batch])


class Mine(Portkey):
    """A client of one's own keeps its type."""


assert_type(Mine(api_key="k", virtual_key="v").with_options(trace_id="t"), Mine)


async def later() -> AsyncIterator[dict[str, Any]]:
    """Items that come asynchronously."""
    yield arguments(client.chat.completions.create, model="m", messages=hi)


async def asynchronously(other: AsyncPortkey) -> None:
    """The asynchronous client has the same types."""
    assert_type(await other.batches.cancel("batch_abc123"), Batch)
    assert_type(await other.files.content("file-1"), bytes)
    assert_type(await other.batches.with_raw_response.cancel("batch_abc123"), RawResponse[Batch])
    assert_type(await other.files.retrieve_content("file-1"), bytes)
    assert_type(await other.vector_stores.files.upload(file=b"", purpose="assistants"), OpenAIFile)
    assert_type((await other.embeddings.create(model="m", input="a")).data[0].embedding, list[float])
    stream = await other.chat.completions.create(model="m", messages=hi, stream=True)
    assert_type(stream, AsyncStream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse])
    async for chunk in stream:
        assert_type(chunk, CreateChatCompletionStreamResponse)
    assert_type(await stream.final(), CreateChatCompletionResponse)
    raw_stream = await other.chat.completions.with_raw_response.create(model="m", messages=hi, stream=True)
    assert_type(raw_stream, RawResponse[AsyncStream[CreateChatCompletionStreamResponse, CreateChatCompletionResponse]])
    async for item in other.items(other.batches.list, limit=20):
        assert_type(item, Batch)
    async for answer in other.pages(other.batches.list):
        assert_type(answer, ListBatchesResponse)
    assert_type(await other.items(other.models.list).first(5), list[Model])
    async for outcome in other.map(other.chat.completions.create, later(), idempotency_keys=True):
        assert_type(outcome, Outcome[CreateChatCompletionResponse])
    async with other.map(other.embeddings.create, questions, on_progress=lambda done, total: None) as outcomes:
        assert_type(outcomes, AsyncOutcomes[CreateEmbeddingResponse])
    async for piece in await other.stream_bytes(other.audio.speech.create, model="m", input="hi", voice="alloy"):
        assert_type(piece, bytes)


with client.realtime.connect(model="gpt-4o-realtime", timeout=10, max_size=1_000_000) as session:
    session.send({"type": "response.create"})
    assert_type(session.recv(), dict[str, Any])
    assert_type(session.recv_raw(), str | bytes)
    for event in session:
        assert_type(event, dict[str, Any])
    session.close(1000, "done")
    assert_type(session.trace_id, str | None)


async def talk(asynchronous: AsyncPortkey) -> None:
    """The same, asynchronous."""
    async with asynchronous.beta.realtime.connect(model="gpt-4o-realtime") as talking:
        await talking.send(b"{}")
        assert_type(await talking.recv(), dict[str, Any])
        async for each in talking:
            assert_type(each, dict[str, Any])

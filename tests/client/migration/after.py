"""A service that triages support tickets, written against portkey-client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

from portkey_client import APIError as APIStatusError
from portkey_client import AsyncPortkey, NotFoundError, Portkey
from portkey_client import ConnectionFailedError as APIConnectionError
from portkey_client import PortkeyError as SavedPromptError

MODEL = "gpt-4o"
SYSTEM = {"role": "system", "content": "You sort support tickets. Look orders up before you answer."}
FIND_ORDER = {
    "name": "find_order",
    "description": "Look an order up.",
    "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
}
ROUTING = {"strategy": {"mode": "fallback"}, "targets": [{"virtual_key": "main"}, {"virtual_key": "spare"}]}
OVER = ("completed", "failed", "expired", "cancelled")


class Triage:
    """Everything the help desk asks a model for."""

    def __init__(self, api_key: str, virtual_key: str, base_url: str) -> None:
        self.client = Portkey(
            api_key=api_key, virtual_key=virtual_key, base_url=base_url, metadata={"service": "triage"}, trace_id="boot"
        )

    def labelled(self, ticket: str, team: str) -> Portkey:
        return self.client.with_options(trace_id=f"ticket-{ticket}", metadata={"_user": team, "env": "prod"})

    def answer(self, ticket: str, team: str, question: str) -> tuple[str, int]:
        client = self.labelled(ticket, team).with_options(config=ROUTING)
        messages: list[Any] = [SYSTEM, {"role": "user", "content": question}]
        tools: list[Any] = [{"type": "function", "function": FIND_ORDER}]
        first = client.chat.completions.create(
            model=MODEL, messages=messages, tools=tools, tool_choice="required", temperature=0.2
        )
        message = first.choices[0].message
        messages.append(message)
        for call in message.tool_calls or []:
            if call.type == "function":
                found = find_order(**json.loads(call.function.arguments))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": json.dumps(found)})
        second = client.chat.completions.create(model=MODEL, messages=messages, max_tokens=200)
        used = [each.usage.total_tokens for each in (first, second) if each.usage]
        return second.choices[0].message.content or "", sum(used)

    def stream(self, question: str) -> Iterator[str]:
        messages: list[Any] = [SYSTEM, {"role": "user", "content": question}]
        chunks = self.client.chat.completions.create(
            model=MODEL, messages=messages, stream=True, extra_headers={"x-portkey-cache-namespace": "triage"}
        )
        for chunk in chunks:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def vectors(self, texts: list[str]) -> list[list[float]]:
        made = self.client.embeddings.create(
            model="text-embedding-3-small", input=texts, dimensions=8, encoding_format="float"
        )
        return [each.embedding for each in made.data]

    def greeting(self, prompt_id: str, customer: str) -> str:
        try:
            made = self.client.prompts.completions.create(prompt_id=prompt_id, variables={"customer": customer})
        except SavedPromptError as error:
            return f"Dear {customer} ({error.status_code})"
        if made.object != "chat.completion":
            return f"Dear {customer}"
        return made.choices[0].message.content or ""

    def save_routing(self, name: str) -> tuple[str | None, int]:
        made = self.client.configs.create(name=name, config=ROUTING)
        kept = self.client.configs.retrieve(slug=made.slug or name)
        return kept.name, len(self.client.configs.list().data or [])

    def rate(self, ticket: str, value: int) -> str | None:
        return self.client.feedback.create(trace_id=f"ticket-{ticket}", value=value, weight=1.0).status

    def start(self, questions: dict[str, str]) -> str:
        lines = [json.dumps(line(ticket, question)) for ticket, question in questions.items()]
        file = self.client.files.create(file=("tickets.jsonl", "\n".join(lines).encode()), purpose="batch")
        batch = self.client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h", metadata={"job": "nightly"}
        )
        return batch.id

    def poll(self, batch_id: str) -> tuple[str, bool]:
        try:
            status = self.client.batches.retrieve(batch_id).status
        except NotFoundError as error:
            return f"gone ({error.status_code})", True
        except APIConnectionError:
            return "unreachable", False
        return status, status in OVER

    def cancel(self, batch_id: str) -> str:
        try:
            return self.client.batches.cancel(batch_id).status
        except APIStatusError as error:
            return f"refused ({error.status_code})"

    def results(self, batch_id: str) -> dict[str, str]:
        batch = self.client.batches.retrieve(batch_id)
        if not batch.output_file_id:
            return {}
        rows = [json.loads(row) for row in self.client.files.content(batch.output_file_id).decode().splitlines()]
        return {row["custom_id"]: row["response"]["body"]["choices"][0]["message"]["content"] for row in rows}


class AsyncTriage:
    """The same for the chat widget, which waits for many customers at once."""

    def __init__(self, api_key: str, virtual_key: str, base_url: str) -> None:
        self.client = AsyncPortkey(api_key=api_key, virtual_key=virtual_key, base_url=base_url)

    async def classify(self, question: str) -> str:
        messages: list[Any] = [SYSTEM, {"role": "user", "content": question}]
        made = await self.client.chat.completions.create(model=MODEL, messages=messages, max_tokens=5)
        return made.choices[0].message.content or ""

    async def classify_all(self, questions: list[str]) -> list[str]:
        return await asyncio.gather(*map(self.classify, questions))

    async def stream(self, question: str) -> AsyncIterator[str]:
        messages: list[Any] = [SYSTEM, {"role": "user", "content": question}]
        async for chunk in await self.client.chat.completions.create(model=MODEL, messages=messages, stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


def find_order(number: int) -> dict[str, Any]:
    return {"number": number, "state": "sent"}


def line(ticket: str, question: str) -> dict[str, Any]:
    body = {"model": MODEL, "messages": [SYSTEM, {"role": "user", "content": question}]}
    return {"custom_id": ticket, "method": "POST", "url": "/v1/chat/completions", "body": body}

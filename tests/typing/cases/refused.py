"""What must be a type error: each line marked with its reason, and no other line."""

from portkey_api.models import Batch, JWTParameters, RegexMatchCheck, RegexMatchParameters
from portkey_api.models import CreateChatCompletionRequest as Request
from portkey_client import AsyncPortkey, Config, Gateway, Portkey
from portkey_client.bulk import arguments

client = Portkey(api_key="k", virtual_key="v")
other = AsyncPortkey(api_key="k", virtual_key="v")
batch = client.batches.cancel("batch_abc123")

Portkey(api_keyy="k")  # REFUSED: a misspelled argument of the client
Portkey(api_key=1)  # REFUSED: a key that is no text
client.batchs  # REFUSED: a misspelled resource
client.batches.cancle("b")  # REFUSED: a misspelled method
client.batches.cancel(batchid="b")  # REFUSED: a misspelled path parameter
client.batches.cancel(1)  # REFUSED: an id that is no text
client.batches.cancel()  # REFUSED: a missing path parameter
client.batches.list(limitt=1)  # REFUSED: a misspelled query parameter
client.batches.list(limit="1")  # REFUSED: a limit that is no number
client.batches.list(timeout="1")  # REFUSED: a timeout that is no number
client.chat.completions.create(model="m")  # REFUSED: a missing argument
client.chat.completions.create(model="m", messages=[], temprature=1.0)  # REFUSED: a misspelled argument
client.chat.completions.create(model="m", messages=[], temperature="hot")  # REFUSED: a wrong type
client.files.create(file=b"", purpose="batchh")  # REFUSED: a value the document does not list
client.files.create(file="in.jsonl", purpose="batch")  # REFUSED: text is no file
client.batches.create(input_file_id="f", endpoint="/v1/embeddings")  # REFUSED: no kind of batch has only these
chat = client.chat.completions
chat.create(model="m", messages=[{"role": "user", "contnt": "hi"}])  # REFUSED: a misspelled key
chat.create(model="m", messages=[{"role": "user", "content": "hi", "nme": "a"}])  # REFUSED: one key too many
chat.create(model="m", messages=[{"role": "user"}])  # REFUSED: a missing key
chat.create(model="m", messages=[{"role": "usr", "content": "hi"}])  # REFUSED: no such role
chat.create(model="m", messages=[{"role": "user", "content": 1}])  # REFUSED: a content that is no text
chat.create(model="m", messages=[{"role": "user", "content": [{"type": "text", "txt": "a"}]}])  # REFUSED: deeper
chat.create(model="m", messages=[], tools=[{"type": "function", "function": {"nme": "f"}}])  # REFUSED: a misspelled key
chat.create(model="m", messages=[], stream_options={"include_usge": True})  # REFUSED: a misspelled key
chat.create(model="m", messages=[], stream_options={"include_usage": "yes"})  # REFUSED: a wrong type in a dict
chat.create(model="m", messages=[], response_format={"type": "json"})  # REFUSED: no such format
chat.create(model="m", messages=[], stream="yes")  # REFUSED: a flag that is none
chat.create(model="m", messages=[], stream=True).choices  # REFUSED: a stream has no choices
next(chat.create(model="m", messages=[]))  # REFUSED: an answer is no stream
next(client.responses.create(model="m", input="a", stream=True)).response  # REFUSED: not every event has it
client.responses.create(model="m", input=[{"role": "user", "contnt": "a"}])  # REFUSED: a misspelled key
client.messages.create(model="m", max_tokens=1, messages=[], system=[{"type": "text", "txt": "a"}])  # REFUSED: likewise
client.batches.create(requests=[{"custom_id": "1", "prams": {}}])  # REFUSED: a misspelled key behind overloads
client.vector_stores.create(expires_after={"anchor": "last_active_at", "dys": 3})  # REFUSED: a misspelled key
client.embeddings.create(model="m", input="a").data[0].embedding.encode()  # REFUSED: numbers are no text
client.embeddings.create(model="m", input="a", encoding_format="base64").data[0].embedding.append(1.0)  # REFUSED: text
client.embeddings.create(model="m", input="a", encoding_format="base46")  # REFUSED: no such format
client.files.retrieve_content(1)  # REFUSED: an alias has the types of its method
client.vector_stores.files.upload(fil=b"", purpose="assistants")  # REFUSED: also where it is of another resource
client.beta.thread  # REFUSED: a misspelled resource behind an alias
batch.statuss  # REFUSED: a misspelled attribute
batch.created_at.year  # REFUSED: seconds are no date
batch.completed_at + 1  # REFUSED: what may be missing
Batch(id="b")  # REFUSED: a model without what it requires
RegexMatchCheck(id="default.jwt", parameters=RegexMatchParameters(rule="a"))  # REFUSED: another check's id
RegexMatchCheck(id="default.regexMatch", parameters=JWTParameters(jwks_uri="u", header_key="k"))  # REFUSED: parameters
Request(model="m", messages=[{"role": "user", "contnt": "hi"}])  # REFUSED: a misspelled key in a constructor
Request(model="m", messages=[{"role": "user", "content": [{"type": "text", "txt": "a"}]}])  # REFUSED: deeper
Request(model="m", messages=[], stream_options={"include_usge": True})  # REFUSED: a misspelled key
Request(model="m", messages=[], stream_options={"include_usage": "yes"})  # REFUSED: a wrong type in a dict
Request(model="m", messages=[], strem=True)  # REFUSED: a misspelled field
Request(model="m")  # REFUSED: a missing field
Request(model="m", messages=[], temperature=None, user=None)  # REFUSED: a null that the document does not allow
Request(model="m", messages=[], stream_options={}).stream_options["include_usage"]  # REFUSED: what is read is a model
JWTParameters(jwksUri="u", headerKey="k")  # REFUSED: a constructor has the names of the attributes
JWTParameters(jwks_uri="u", header_key=1)  # REFUSED: a wrong type there
other.batches.cancel("b").id  # REFUSED: an answer that was not awaited
client.batches.with_raw_response.cancle("b")  # REFUSED: a misspelled method below with_raw_response
client.batches.with_raw_response.cancel(1)  # REFUSED: an id that is no text, there too
client.batches.with_raw_response.cancel("b").id  # REFUSED: the answer is in `parsed`
chat.with_raw_response.create(model="m", messages=[], stream=True).parsed.choices  # REFUSED: a stream has no choices
chat.with_raw_response.create(model="m", messages=[], strem=True)  # REFUSED: a misspelled flag
next(chat.with_raw_response.create(model="m", messages=[], stream=True))  # REFUSED: the stream is in `parsed`
Portkey(retries="3")  # REFUSED: a number of retries that is none
client.with_options(metadta={})  # REFUSED: a misspelled option
client.with_options(metadata={"n": 1})  # REFUSED: metadata that is no text
client.with_options(base_url="http://h")  # REFUSED: what only a new client can have
client.with_options(request_timeout="5000")  # REFUSED: a time that is no number
client.batches.cancel("b", retries="2")  # REFUSED: retries that are no number
client.batches.cancel("b", metadata={})  # REFUSED: an option of the client, not of a call
Portkey(gateway=1)  # REFUSED: a gateway that is neither a name nor a Gateway
Gateway(name="mine")  # REFUSED: a gateway without an address
config: Config = {"strategy": {"mode": "best"}}  # REFUSED: a strategy nobody has
retrying: Config = {"retry": {"attempt": 1}}  # REFUSED: a misspelled field of a config
client.items(client.batches.list, limit="20")  # REFUSED: an argument that the method does not take
client.items(client.batches.retrieve, "b")  # REFUSED: a method that lists nothing
client.items(client.batches.list()).first(1)  # REFUSED: an answer in the place of the method
client.stream_bytes(client.batches.retrieve, "b")  # REFUSED: a method whose answer is no bytes
client.map(client.embeddings.create, [{"model": "m"}], concurency=8)  # REFUSED: a misspelled option
client.map(client.embeddings.create, [{"model": "m"}], concurrency="8")  # REFUSED: a number that is none
client.map(client.embeddings.create, [{"model": "m"}], resend={"done"})  # REFUSED: what is done is not sent again
client.map(client.embeddings.create, ["a", "b"])  # REFUSED: items that are no arguments by name
client.map(client.batches.list(), [])  # REFUSED: an answer in the place of the method
next(client.map(client.batches.retrieve, [])).unwrap().statuss  # REFUSED: a misspelled attribute of the result
other.map(client.batches.retrieve, [])  # REFUSED: a method of the other kind of client
arguments(client.batches.retrieve, 1)  # REFUSED: an id that is no text
arguments(client.embeddings.create, modl="m", input="a")  # REFUSED: a misspelled argument
arguments(client.chat.completions.create, model="m", messages=[{"role": "user", "contnt": ""}])  # REFUSED: likewise

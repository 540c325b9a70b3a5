"""What much of it costs: 200 MB up and down, and a list of 10,000 items, each in a fresh process. Linux only."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench import depot
from tests.bench.contenders import BASE, installed
from tests.bench.table import Row

PORTKEY = """
from {package} import Portkey
client = Portkey(api_key='x', virtual_key='y', base_url=url)
client.files.retrieve('file-1')
"""
MADE = {
    BASE: "import httpx; client = httpx.Client(base_url=url, timeout=60); client.get('/files/file-1')",
    "portkey_client": PORTKEY.format(package="portkey_client"),
    "openai": "import openai; client = openai.OpenAI(api_key='x', base_url=url); client.files.retrieve('file-1')",
    "portkey_ai": PORTKEY.format(package="portkey_ai"),
}
UP = {
    BASE: "client.post('/files', data={'purpose': 'batch'}, files={'file': open(path, 'rb')}).raise_for_status()",
    "portkey_client": "client.files.upload(path, purpose='batch')",
    "openai": "client.files.create(file=open(path, 'rb'), purpose='batch')",
}
DOWN = {
    BASE: """
with client.stream('GET', '/files/file-1/content') as response, open(path + '.out', 'wb') as file:
    for piece in response.iter_bytes():
        file.write(piece)
""",
    "portkey_client": "client.files.download('file-1', path + '.out')",
    "openai": """
with client.files.with_streaming_response.content('file-1') as response:
    response.stream_to_file(path + '.out')
""",
}
BY_HAND = f"""
query, count = {{{{'limit': 100}}}}, 0
while query:
    {{page}}
    count += len(items)
    query = {{{{'limit': 100, 'after': last}}}} if more else None
assert count == {depot.ITEMS}
"""
LIST = {
    BASE: BY_HAND.format(
        page="page = client.get('/batches', params=query).json(); "
        "items, more, last = page['data'], page['has_more'], page['last_id']",
    ),
    "portkey_client": f"assert sum(1 for _ in client.items(client.batches.list, limit=100)) == {depot.ITEMS}",
    "openai": f"assert sum(1 for _ in client.batches.list(limit=100)) == {depot.ITEMS}",
    "portkey_ai": BY_HAND.format(
        page="page = client.batches.list(**query); items, more, last = page.data, page.has_more, page.data[-1].id",
    ),
}
# Time and peak are those of the work alone: the client is built by then, and has made one call.
REPORT = """
import sys, time
url, path = sys.argv[1:]
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
{made}
before, start = peak(), time.process_time()
{work}
print(time.process_time() - start, (peak() - before) / 1024)
"""
ROUNDS = 3
"""Each work takes seconds: three rounds are enough."""


def measure(rounds: int) -> list[Row]:
    """CPU time, and peak memory above that of a client that has made one call."""
    with depot.serving() as url, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            file.truncate(depot.SIZE)
        rows = [
            *_rows("200 MB up, from a path", UP, url, path, min(rounds, ROUNDS)),
            *_rows("200 MB down, to a path", DOWN, url, path, min(rounds, ROUNDS)),
        ]
        return [*rows, _rows(f"a list of {depot.ITEMS:,} items, to its end", LIST, url, path, min(rounds, ROUNDS))[0]]


def _rows(label: str, works: dict[str, str], url: str, path: Path, rounds: int) -> list[Row]:
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in installed(works)}
    for _ in range(rounds):
        for name, done in runs.items():
            done.append(_run(REPORT.format(made=MADE[name], work=works[name]), url, path))
    return [
        Row(label, "s of CPU", {name: median(spent for spent, _ in done) for name, done in runs.items()}),
        Row("the same, peak memory", "MiB", {name: median(peak for _, peak in done) for name, done in runs.items()}),
    ]


def _run(program: str, url: str, path: Path) -> tuple[float, float]:
    command = [sys.executable, "-I", "-c", program, url, str(path)]
    spent, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(spent), float(peak)

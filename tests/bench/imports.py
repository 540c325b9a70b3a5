"""What the first line of a program costs: import, one client, one resource, each time in a fresh process."""

import subprocess
import sys
from statistics import median

from tests.bench.contenders import BASE, installed
from tests.bench.table import Row

PROGRAMS = {
    BASE: "import httpx",
    "portkey_client": "import portkey_client; portkey_client.Portkey(api_key='x', virtual_key='y').batches",
    "openai": "import openai; openai.OpenAI(api_key='x').batches",
    "portkey_ai": "import portkey_ai; portkey_ai.Portkey(api_key='x', virtual_key='y').batches",
}

# VmHWM is the peak of this process alone; what getrusage() tells may be the peak of the parent.
REPORT = """
import time
start = time.perf_counter()
{program}
spent = time.perf_counter() - start
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(spent * 1e3, int(peak) / 1024)
"""


def measure(rounds: int) -> list[Row]:
    """Time and peak memory of each program, the memory above that of a bare interpreter. Linux only."""
    programs = {"": "pass"} | installed(PROGRAMS)
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    for program in programs.values():
        _run(program)  # writes the byte code
    for _ in range(rounds):
        for name, program in programs.items():
            results[name].append(_run(program))
    bare = median(peak for _, peak in results.pop(""))
    times = {name: median(spent for spent, _ in runs) for name, runs in results.items()}
    peaks = {name: median(peak for _, peak in runs) - bare for name, runs in results.items()}
    return [
        Row("`import httpx`; the others: import, client, `.batches`", "ms", times),
        Row("the same, peak memory above a bare interpreter", "MiB", peaks),
    ]


def _run(program: str) -> tuple[float, float]:
    """Milliseconds and peak MiB of a fresh process that runs `program`."""
    command = [sys.executable, "-I", "-c", REPORT.format(program=program)]
    spent, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(spent), float(peak)

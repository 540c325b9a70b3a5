"""Run the benchmarks and print them as Markdown tables: `python -m tests.bench [imports|calls|decode|streams|...]`."""

import argparse

from tests.bench import bulk, calls, decode, imports, mock, streams, table, transfers

MEASUREMENTS = {
    "imports": imports.measure,
    "calls": calls.measure,
    "decode": decode.measure,
    "streams": streams.measure,
    "transfers": transfers.measure,
    "bulk": bulk.measure,
    "mock": mock.measure,
}


def main() -> None:
    """Run the measurements named on the command line, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"any of {', '.join(MEASUREMENTS)}; all when none is given"
    )
    parser.add_argument("--rounds", type=int, default=11, help="each contender runs once per round (default 11)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(MEASUREMENTS):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}")
    names = arguments.names or MEASUREMENTS
    for group in ([name for name in names if name != "mock"], [name for name in names if name == "mock"]):
        if group:
            print(table.markdown([row for name in group for row in MEASUREMENTS[name](arguments.rounds)]), "\n")


if __name__ == "__main__":
    main()

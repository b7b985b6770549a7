"""Measures the suite, prints a table and writes a document. Called by tests/load/run."""

import argparse
import importlib
import sys
import time
from pathlib import Path

import figures as table_of
import machine
from document import write
from figures import Figure

LOADED_GOAL = 300
# What is measured together, in this order: the rows, and the module whose measure(scale, rows)
# answers figures, how each row is measured, and what memory the services had at the end.
GROUPS = (("a", "applying"), ("b", "ingest"), ("c", "canvases"), ("defg", "whole"), ("h", "growth"))
ROWS = sorted("".join(rows for rows, _ in GROUPS))
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/performance.md"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="tests/load/run", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"{', '.join(ROWS)} (all)")
    parser.add_argument("--smoke", action="store_true",
                        help="small and quick: whether every row has its figures")
    parser.add_argument("--document", type=Path, help="where to write them")
    parsed = parser.parse_args(arguments)
    for row in parsed.rows:
        if row not in ROWS:
            parser.error(f"there is no row {row}")
    return parsed


def main(arguments):
    parsed = parse(arguments)
    wanted = parsed.rows or ROWS
    found, how, most = [], {}, {}
    document = parsed.document or (None if parsed.smoke or parsed.rows else DOCUMENT)
    load, started = machine.load(), time.monotonic()
    for rows, name in GROUPS:
        rows = [row for row in rows if row in wanted]
        if not rows:
            continue
        began = time.monotonic()
        module = importlib.import_module(name)
        print(f"== {', '.join(rows)}: {module.TITLE}", flush=True)
        figures, texts, memory = module.measure(
            lambda full, small: small if parsed.smoke else full, rows)
        found += figures
        how |= texts
        for service, (_, peak) in memory.items():
            most[service] = max(most.get(service, 0), peak)
        print(table_of.table(figures))
        print(f"-- {time.monotonic() - began:.0f} s\n", flush=True)
        everything = with_memory(found, most if "g" in wanted else {})
        if document:
            # Each time, so that what was measured is kept whatever becomes of the rest.
            write(document, everything, how, load, time.monotonic() - started)
    print(table_of.table(everything))
    return check_smoke(everything) if parsed.smoke else 0


def with_memory(found, most):
    """All figures by row, with the most memory that each service ever had."""
    loaded = [Figure("g", f"{service}, under load", peak, "MiB",
                     goal=("figure", "<", LOADED_GOAL)) for service, peak in most.items()]
    return sorted(found + loaded, key=lambda figure: figure.row)


def check_smoke(found):
    """Whether what cannot depend on the machine is as it should be; answers an exit status. What
    takes time is no matter of a small run."""
    wrong = [figure for figure in found if figure.row in "f" and figure.met is False]
    wrong += [figure for figure in found if "429" in figure.what and figure.met is False]
    wrong += [figure for figure in found
              if figure.figure <= 0 and figure.goal != ("figure", "≤", 0)
              # Told in hundredths of a second, of which a small run may need less than one.
              and "processor" not in figure.what]
    for figure in wrong:
        print("not as it should be:", *figure.cells())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Measures the suite, prints a table and writes a document. Called by tests/load/run."""

import argparse
import importlib
import sys
import time
from pathlib import Path

import figures as table_of

# What is measured together, in this order: the rows, and the module whose measure(scale, rows)
# answers figures, how each row is measured, and what memory the services had at the end.
GROUPS = (("a", "applying"), ("b", "ingest"), ("defg", "whole"))
ROWS = sorted("".join(rows for rows, _ in GROUPS))


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
    found = []
    for rows, module in GROUPS:
        rows = [row for row in rows if row in wanted]
        if not rows:
            continue
        began = time.monotonic()
        module = importlib.import_module(module)
        print(f"== {', '.join(rows)}: {module.TITLE}", flush=True)
        figures, _how, _memory = module.measure(
            lambda full, small: small if parsed.smoke else full, rows)
        found += figures
        print(table_of.table(figures))
        print(f"-- {time.monotonic() - began:.0f} s\n", flush=True)
    print(table_of.table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

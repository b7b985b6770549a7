"""docs/performance.md, made of what was measured."""

import datetime
import textwrap

import figures as tables
import machine

HEAD = """\
# Performance

What the suite does beside the limits of what it stands on. `tests/load/run` measures all of this on one
machine, each figure and its limit in the same run and where they may disturb each other in turn, and
writes this document. The figures are of that machine; the ratios are what to compare. Everything is one
replica of each service, as the build makes it for release, with its default settings but for those
named below; PostgreSQL and Kafka are those of the local set-up, PostgreSQL with a quarter of the
memory for its buffers (`shared_buffers`), as its manual recommends, and without waiting for the disk
(`fsync=off`, as for all tests), which makes the limit faster and the ratios smaller than with a disk
to wait for.
"""
NAMES = {"a": "Applying changes", "b": "Batches through the gateway", "c": "Canvases",
         "d": "Freshness", "e": "The limit", "f": "Calls", "g": "Memory", "h": "Growth"}


def write(path, found, how, load, took):
    """Writes the figures, how each row was measured, and on what. `how` is a text for each row."""
    lines = [HEAD]
    lines.append(f"Measured {datetime.date.today():%d %B %Y} in {took / 60:.0f} minutes; load average of the "
                 f"machine before it began: {load:.1f}.\n")
    lines.append("| | |\n|---|---|")
    lines += [f"| {what} | {value} |" for what, value in machine.describe()]
    missed = [one for one in found if one.met is False]
    lines.append(f"\nGoals: {sum(one.met is True for one in found)} met, {len(missed)} missed.\n")
    for row, name in NAMES.items():
        chosen = [one for one in found if one.row == row]
        if row not in how:
            continue
        lines.append(f"## {name} ({row})\n")
        lines.append(textwrap.fill(" ".join(how[row].split()), 100, break_on_hyphens=False,
                                   break_long_words=False) + "\n")
        lines.append(tables.markdown(chosen) + "\n")
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")

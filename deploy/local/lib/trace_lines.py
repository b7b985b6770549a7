#!/usr/bin/python3
"""Shows the way of one trace: the log lines of all services that belong to it, in order of time.

  trace_lines.py TRACE LOG...   TRACE is a trace id, or a traceparent header that has it

Exits with 1 when there is none.
"""

import json
import re
import sys

# What every line has; the rest are its own fields.
COMMON = ("time", "level", "service", "message", "trace_id")


def trace_id_of(text):
    """The trace id in a traceparent header, or the text itself; None when it is neither."""
    found = re.fullmatch(r"(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?",
                         text.strip().lower())
    return found and found[1]


def lines_of(trace_id, logs):
    """The trace's lines of all logs, oldest first. What is no JSON object was not logged by us."""
    found = []
    for path in logs:
        with open(path, encoding="utf-8", errors="replace") as log:
            for text in log:
                # Most lines are of others: found out without reading them as JSON.
                if trace_id not in text:
                    continue
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict) and line.get("trace_id") == trace_id:
                    found.append(line)
    return sorted(found, key=lambda line: line.get("time", ""))


def render(line):
    fields = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}"
                      for name, value in line.items() if name not in COMMON)
    return " ".join([line.get("time", "?"), f"{line.get('service', '?'):<18}",
                     f"{line.get('level', '?'):<5}", line.get("message", ""), fields]).rstrip()


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    trace_id = trace_id_of(arguments[0])
    if trace_id is None:
        sys.exit(f"error: {arguments[0]} is neither a trace id (32 hex digits) nor a traceparent")
    lines = lines_of(trace_id, arguments[1:])
    if not lines:
        sys.exit(f"error: no line belongs to trace {trace_id}: either it was not sampled and the "
                 "services log at info, or it is older than the logs")
    for line in lines:
        print(render(line))


if __name__ == "__main__":
    main(sys.argv[1:])

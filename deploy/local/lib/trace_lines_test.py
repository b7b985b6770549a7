"""How the lines of a trace are found."""

import json

import pytest
import trace_lines

TRACE = "0af7651916cd43dd8448eb211c80319c"


def write(path, *lines):
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n"
                            for line in lines))
    return path


def test_the_lines_of_one_trace_come_from_all_logs_in_order_of_time(tmp_path):
    gateway = write(tmp_path / "gateway.log",
                    {"time": "2026-01-01T00:00:01Z", "service": "gateway", "level": "info",
                     "message": "first", "trace_id": TRACE, "items": 2},
                    {"time": "2026-01-01T00:00:01Z", "service": "gateway", "level": "info",
                     "message": "another's", "trace_id": "f" * 32},
                    {"time": "2026-01-01T00:00:03Z", "service": "gateway", "level": "info",
                     "message": "third", "trace_id": TRACE})
    trait_sync = write(tmp_path / "trait-sync.log", f"no JSON, but {TRACE}\n",
                       {"time": "2026-01-01T00:00:02Z", "service": "trait-sync", "level": "info",
                        "message": "second", "trace_id": TRACE})
    lines = trace_lines.lines_of(TRACE, [gateway, trait_sync])
    assert [line["message"] for line in lines] == ["first", "second", "third"]
    assert trace_lines.render(lines[0]) == (
        "2026-01-01T00:00:01Z gateway            info  first items=2")


@pytest.mark.parametrize("text", [TRACE, TRACE.upper(), f"00-{TRACE}-b7ad6b7169203331-01"])
def test_a_trace_is_named_by_its_id_or_by_a_traceparent(text):
    assert trace_lines.trace_id_of(text) == TRACE


@pytest.mark.parametrize("text", ["", "0af7", TRACE + "0", "g" * 32])
def test_what_is_neither_is_refused(text):
    assert trace_lines.trace_id_of(text) is None

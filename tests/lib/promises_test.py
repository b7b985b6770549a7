"""Every promise of docs/architecture.md names tests that are there."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
HEADING = "## Promises, and the tests that hold them"


def promises():
    """(promise, what it says of its tests) of each row of the table."""
    text = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    section = text.split(HEADING, 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        if line.startswith("| ") and not line.startswith("| promise "):
            promise, tests = line.strip("|").rsplit(" | ", 1)
            yield promise.strip(), tests.strip()


def named_tests(cell):
    """(file, test) of each test that a row names: *tests* follow the `file` that they are in."""
    file = None
    for code, test in re.findall(r"`([^`]+)`|\*([^*]+)\*", cell):
        if code:
            file = code
        else:
            yield file, test


def names_of(file):
    """The names of a file's tests, as the table writes them."""
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    if file.endswith(".py"):
        return {name.replace("_", " ") for name in re.findall(r"^def test_(\w+)", text, re.M)}
    # A name that is long stands on several lines, in a literal each.
    literals = re.findall(r'^(?:TEST_CASE|SCENARIO)\(((?:\s*"(?:[^"\\]|\\.)*")+)', text, re.M)
    return {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)).replace('\\"', '"')
            for literal in literals}


def test_every_promise_names_a_test():
    rows = list(promises())
    assert len(rows) > 30
    nameless = [promise for promise, tests in rows if not list(named_tests(tests))]
    assert nameless == []


def test_every_test_that_is_named_is_there():
    missing = [f"{file}: {test}" for _, cell in promises() for file, test in named_tests(cell)
               if not (REPOSITORY / file).is_file() or test not in names_of(file)]
    assert missing == []


def test_every_file_that_is_named_is_there():
    missing = [code for _, cell in promises() for code in re.findall(r"`([^`]+)`", cell)
               if code.startswith(("tests/", "services/", "libs/")) and " " not in code
               and not (REPOSITORY / code).is_file()]
    assert missing == []

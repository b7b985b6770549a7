#!/usr/bin/python3
"""Counts test cases: prints "PASSED FAILED SKIPPED".

  count.py ctest LOG      LastTest.log of ctest: the cases of its Catch2 programs
  count.py pytest REPORT  a JUnit report of pytest
"""

import re
import sys
import xml.etree.ElementTree


def count_program(output):
    """(passed, failed) of one program, by its Catch2 summary. One that left none, or that failed
    although its cases passed, has one failure of its own."""
    succeeded = "\nTest Passed." in output
    if all_passed := re.search(r"^All tests passed \(.* in (\d+) test cases?\)", output, re.M):
        return int(all_passed[1]), 0 if succeeded else 1
    if summary := re.search(r"^test cases: +\d+(.*)$", output, re.M):
        counts = {what: int(number) for number, what in re.findall(r"(\d+) (\w+)", summary[1])}
        return counts.get("passed", 0), counts.get("failed", 0) or (0 if succeeded else 1)
    return (1, 0) if succeeded else (0, 1)


def count_ctest(log):
    programs = re.split(r"^\d+/\d+ Testing: ", log, flags=re.M)[1:]
    counts = [count_program(output) for output in programs]
    return sum(passed for passed, _ in counts), sum(failed for _, failed in counts), 0


def count_pytest(report):
    suites = xml.etree.ElementTree.fromstring(report).iter("testsuite")
    tests = failed = skipped = 0
    for suite in suites:
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return tests - failed - skipped, failed, skipped


def main(arguments):
    match arguments:
        case ["ctest", path]:
            count = count_ctest
        case ["pytest", path]:
            count = count_pytest
        case _:
            sys.exit(__doc__)
    with open(path, encoding="utf-8", errors="replace") as file:
        print(*count(file.read()))


if __name__ == "__main__":
    main(sys.argv[1:])

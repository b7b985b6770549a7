"""How test cases are counted."""

import count

PASSED = """1/1 Testing: core_test
Output:
===============================================================================
All tests passed (61 assertions in 16 test cases)

<end of output>
Test Passed.
"""
FAILED = """1/1 Testing: core_test
Output:
===============================================================================
test cases: 5 | 3 passed | 2 failed
assertions: 9 | 7 passed | 2 failed

<end of output>
Test Failed.
"""
CRASHED = """1/1 Testing: core_test
Output:
<end of output>
Test Failed.
"""


def test_the_cases_of_all_programs_are_added_up():
    assert count.count_ctest(PASSED + FAILED.replace("1/1", "2/2")) == (19, 2, 0)


def test_a_program_that_crashed_is_one_failure():
    assert count.count_ctest(CRASHED) == (0, 1, 0)


def test_a_program_whose_cases_passed_but_which_failed_at_its_end_is_one_failure():
    assert count.count_ctest(PASSED.replace("Test Passed.", "Test Failed.")) == (16, 1, 0)


def test_pytest_reports_count_errors_as_failures():
    report = ('<testsuites><testsuite tests="6" failures="1" errors="1" skipped="2">'
              "</testsuite></testsuites>")
    assert count.count_pytest(report) == (2, 2, 2)

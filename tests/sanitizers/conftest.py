"""The suite of the end-to-end tests, of programs that were built with a sanitizer."""

import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / "end-to-end")]

from suite import Suite, Surroundings


@pytest.fixture(scope="session")
def surroundings():
    found = Surroundings.from_environment()
    if found is None:
        pytest.skip("ACCOIL_TEST_BIN_DIR, ACCOIL_TEST_POSTGRES_URL and ACCOIL_TEST_KAFKA_BROKERS "
                    "are not set")
    return found


@pytest.fixture
def suite(surroundings, tmp_path):
    """Everything, not started."""
    suite = Suite(surroundings, tmp_path)
    yield suite
    suite.close()

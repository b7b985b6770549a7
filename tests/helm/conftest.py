"""What the tests share: what the services read, and the chart with each values file."""

import json
import os
import subprocess
from pathlib import Path

import pytest

import chart


@pytest.fixture(scope="session", params=chart.VALUES)
def objects(request):
    return chart.render(request.param)


@pytest.fixture(scope="session")
def trial():
    return chart.render("values-trial.yaml")


@pytest.fixture(scope="session")
def production():
    return chart.render("values-production.yaml")


@pytest.fixture(scope="session")
def settings():
    """Every service's settings by name, as its program tells them."""
    programs = Path(os.environ["ACCOIL_TEST_BIN_DIR"])
    answer = {}
    for service in chart.SERVICES:
        said = subprocess.run([programs / f"accoil-{service}", "settings"], check=True, timeout=20,
                              capture_output=True)
        answer[service] = {one["name"]: one for one in json.loads(said.stdout)}
    return answer

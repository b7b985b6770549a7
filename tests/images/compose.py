"""deploy/docker/compose.yaml as Docker Compose would read it."""

import re
import subprocess
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKER = REPOSITORY / "deploy/docker"
SERVICES = sorted(path.parent.name for path in (REPOSITORY / "services").glob("*/main.cc"))


def make_env(file, *arguments):
    """The variables that deploy/docker/make-env writes."""
    subprocess.run([DOCKER / "make-env", *arguments, file], check=True, capture_output=True)
    lines = [line for line in file.read_text().splitlines() if line and line[0] != "#"]
    return dict(line.split("=", 1) for line in lines)


def interpolate(text, variables):
    """Puts variables in: ${NAME:-default} and ${NAME:?what to do}."""

    def value(match):
        name, operator, rest = match.groups()
        found = variables.get(name, "")
        if not found and operator == "?":
            raise AssertionError(f"{name} is not set: {rest}")
        return found or rest

    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text)


def read(variables):
    """The whole file with these variables, without the pieces that it is put together of."""
    content = yaml.safe_load(interpolate((DOCKER / "compose.yaml").read_text(), variables))
    return {key: value for key, value in content.items() if not key.startswith("x-")}

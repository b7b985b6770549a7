"""The tables of settings in docs/operations.md are what the services read."""

import re

import pytest

import chart


def documented():
    """(services, variable, default) of every row of the tables of settings."""
    text = (chart.REPOSITORY / "docs/operations.md").read_text()
    section = text.split("\n## Configuration\n", 1)[1].split("\n## ", 1)[0]
    heading = None
    for line in section.splitlines():
        if line.startswith("### "):
            names = line.removeprefix("### ")
            heading = chart.SERVICES if names == "Every service" else names.split(", ")
        elif line.startswith("| `"):
            variables, default, _ = (cell.strip() for cell in line.strip("|").split("|", 2))
            defaults = default.split(", ")
            names = re.findall(r"`(\w+)`", variables)
            for name, own in zip(names, defaults if len(defaults) == len(names) else
                                 [default] * len(names)):
                yield heading, name, own


def milliseconds(text):
    """A duration as a number; any other text as it is."""
    units = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}
    found = re.fullmatch(r"(\d+)(ms|s|min|h)", text)
    return int(found[1]) * units[found[2]] if found else text


@pytest.mark.parametrize("service", chart.SERVICES)
def test_a_service_s_settings_are_documented_each_once_and_no_others(settings, service):
    names = [name for services, name, _ in documented() if service in services]
    assert sorted(names) == sorted(settings[service])


@pytest.mark.parametrize("service", chart.SERVICES)
def test_defaults_are_as_documented(settings, service):
    for services, name, default in documented():
        if service not in services:
            continue
        one = settings[service][name]
        if one["required"]:
            assert default == "required", name
        elif one["default"]:
            assert milliseconds(default.strip("`")) == milliseconds(one["default"]), name
        else:
            # What is not set is said in words.
            assert default != "required" and not re.fullmatch(r"`[^`]*`", default), name

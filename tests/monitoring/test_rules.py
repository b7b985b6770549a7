"""The rules of Prometheus: right by promtool, of metrics that there are, and with a runbook each."""

import re
import shutil
import subprocess

import pytest
import yaml
from documents import (REPOSITORY, alerts, metrics_of, metrics_table, rule_files, rules, section)

PROMETHEUS = REPOSITORY / "deploy/prometheus"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))


def promtool(*arguments):
    run = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True,
                         timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_promtool_finds_nothing_in_the_rules():
    # --lint-fatal also refuses rules that are there twice.
    promtool("check", "rules", "--lint-fatal", *rule_files())


def test_promtool_finds_nothing_in_the_configuration(tmp_path):
    folder = tmp_path / "prometheus"
    shutil.copytree(PROMETHEUS, folder)
    (folder / "targets.json").write_text("[]")
    promtool("check", "config", folder / "prometheus.yml")


@pytest.mark.parametrize("path", TESTS, ids=[path.stem for path in TESTS])
def test_rules_do_what_their_tests_say(path):
    promtool("test", "rules", path)


def test_every_alert_has_a_test():
    tested = set()
    for path in TESTS:
        tested.update(re.findall(r"Accoil[A-Za-z]+", path.read_text(encoding="utf-8")))
    assert {alert["alert"] for alert in alerts()} <= tested


def test_rules_are_of_metrics_that_the_services_have():
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    known = {"up"} | recorded | {name for metric in metrics_table().values()
                                 for name in metric.samples()}
    for rule in rules():
        used = metrics_of(rule["expr"])
        assert used and used <= known, f"{rule.get('alert', rule.get('record'))}: {used - known}"


@pytest.mark.parametrize("alert", alerts(), ids=[alert["alert"] for alert in alerts()])
def test_every_alert_says_how_bad_it_is_and_has_a_runbook(alert):
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert alert["annotations"]["summary"] and alert["annotations"]["description"]
    name = alert["alert"]
    assert alert["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    runbook = section(name, level=3)
    for part in ("**Means:**", "**Look:**", "**Do:**"):
        assert part in runbook, f"the runbook of {name} has no {part}"


def test_every_runbook_is_of_an_alert():
    headings = re.findall(r"^### (.+)$", section("Runbooks"), re.M)
    assert sorted(headings) == sorted(alert["alert"] for alert in alerts())


def test_the_files_of_rules_are_groups_with_names_of_their_own():
    names = [group["name"] for path in rule_files()
             for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]]
    assert len(names) == len(set(names))

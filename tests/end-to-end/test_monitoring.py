"""A real Prometheus scrapes the suite while it works: every query of the dashboards and of the rules
answers with data."""

import re

import pytest
import requests
from documents import alerts, dashboards, panel_queries, rules
from processes import wait_until
from prometheus import Prometheus, filled_in

# What has no series before the trouble that they tell of has been.
TROUBLE = ('status=~"5.."', 'outcome=~"5xx|no_answer|not_sent"')


def selectors(query):
    """The parts of a query that choose series."""
    query = re.sub(r"\b(by|without|on|ignoring)\s*\([^)]*\)", " ", query)
    return re.findall(r"(?:up|(?:accoil|process)[a-z0-9_:]*)(?:\{[^}]*\})?", query)


@pytest.fixture(scope="module")
def prometheus(suite, demo, tmp_path_factory):
    """With some changes, canvases and API calls scraped already."""
    prometheus = Prometheus(suite, tmp_path_factory.mktemp("prometheus"))
    prometheus.start()
    try:
        for step in range(4):
            suite.send([suite.trait("Score", 300 + step, user_id=user)
                        for user, _ in demo.users[30:50]])
            suite.post_canvas("initialize", b"{}", "no signature")
            requests.get(f"{suite.public_url}/v1/products/{suite.product}/sync", timeout=10)
            suite.await_settled(20)
            seen = newest(prometheus)
            wait_until(lambda seen=seen: newest(prometheus) >= seen + 2, 20,
                       "two more scrapes", pause=0.3)
        yield prometheus
    finally:
        prometheus.stop()


def newest(prometheus):
    """When every target was scraped last, in seconds."""
    stamps = prometheus.query("min(timestamp(up))")
    return stamps[0][1] if stamps else 0


def test_every_replica_is_scraped(suite, prometheus):
    targets = prometheus.get("targets", state="active")["activeTargets"]
    assert len(targets) == len(suite.running())
    assert {target["health"] for target in targets} == {"up"}


def test_every_rule_is_evaluated_without_an_error(prometheus):
    wait_until(lambda: all(rule["health"] == "ok" for group in prometheus.get("rules")["groups"]
                           for rule in group["rules"]), 20,
               lambda: [(rule["name"], rule.get("lastError"))
                        for group in prometheus.get("rules")["groups"]
                        for rule in group["rules"] if rule["health"] != "ok"])


def test_every_recording_rule_has_data(prometheus):
    empty = [rule["record"] for rule in rules()
             if "record" in rule and not prometheus.query(rule["record"])]
    assert empty == []


def test_every_series_that_an_alert_is_about_is_there(prometheus):
    missing = {selector for alert in alerts() for selector in selectors(alert["expr"])
               if not any(trouble in selector for trouble in TROUBLE)
               and not prometheus.query(selector)}
    assert missing == set()


@pytest.mark.parametrize("dashboard", [board for _, board in dashboards()],
                         ids=[name for name, _ in dashboards()])
def test_every_panel_has_data(prometheus, dashboard):
    empty = [f"{title}: {query}" for title, query, may_be_empty in panel_queries(dashboard)
             if not may_be_empty and not prometheus.query(filled_in(query))]
    assert empty == []


def test_a_healthy_suite_wakes_nobody(prometheus):
    firing = {alert["labels"]["alertname"] for alert in prometheus.get("alerts")["alerts"]
              if alert["state"] == "firing"}
    # Dead letters and 429s may have been caused by other tests before.
    assert firing <= {"AccoilDeadLetters", "AccoilIntercomThrottles", "AccoilConnectionBroken"}

"""The dashboards: whole, described, and of metrics that there are."""

import subprocess
import sys

import pytest
from documents import (DASHBOARDS, REPOSITORY, dashboards, metrics_of, metrics_table,
                       panel_queries, panels, rules, section)

ALL = dashboards()
NAMES = [name for name, _ in ALL]


every_dashboard = pytest.mark.parametrize("dashboard", [board for _, board in ALL], ids=NAMES)


def known_names():
    """What a query may use."""
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    return {"up"} | recorded | {name for metric in metrics_table().values()
                                for name in metric.samples()}


def test_the_files_are_what_their_description_makes(tmp_path):
    subprocess.run([sys.executable, REPOSITORY / "deploy/grafana/build.py", tmp_path], check=True)
    for path in DASHBOARDS.glob("*.json"):
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), (
            f"run deploy/grafana/build.py: {path.name} is another")
    assert NAMES == ["pipeline.json", "services.json", "sync-health.json"]


@every_dashboard
def test_a_dashboard_can_be_provisioned(dashboard):
    assert dashboard["uid"] and dashboard["title"] and dashboard["description"]
    assert "id" not in dashboard, "an id is of one Grafana"
    variables = dashboard["templating"]["list"]
    assert variables[0]["type"] == "datasource"
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    titles = [panel["title"] for panel in panels(dashboard)]
    assert len(titles) == len(set(titles))


@every_dashboard
def test_panels_do_not_lie_on_one_another(dashboard):
    taken = {}
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]


@every_dashboard
def test_every_panel_is_described_and_has_a_unit_thresholds_and_the_datasource_that_is_chosen(
        dashboard):
    for panel in panels(dashboard):
        defaults = panel["fieldConfig"]["defaults"]
        assert panel["description"].endswith("."), panel["title"]
        assert defaults["unit"] and defaults["thresholds"]["steps"], panel["title"]
        for of in [panel, *panel["targets"]]:
            assert of["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@every_dashboard
def test_queries_are_of_metrics_that_the_services_have(dashboard):
    known = known_names()
    for title, query, _ in panel_queries(dashboard):
        used = metrics_of(query)
        assert used, f"{title}: {query}"
        assert used <= known, f"{title}: {used - known} are no metrics"


def test_the_dashboard_of_sync_is_of_the_connections_that_are_chosen():
    [board] = [board for name, board in ALL if name == "sync-health.json"]
    assert "workspace" in {variable["name"] for variable in board["templating"]["list"]}
    assert sum("$workspace" in query for _, query, _ in panel_queries(board)) >= 15


@every_dashboard
def test_every_dashboard_is_told_of_in_the_documents(dashboard):
    assert f"*{dashboard['title']}*" in section("Dashboards")

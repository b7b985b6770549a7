"""What the repository says about its metrics: the table in docs/operations.md, the dashboards and
the rules; and which metrics a query uses."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
OPERATIONS = REPOSITORY / "docs/operations.md"
DASHBOARDS = REPOSITORY / "deploy/grafana/dashboards"
RULES = REPOSITORY / "deploy/prometheus/rules"
# After a metric's name: it is there only once something happened.
LATER = "†"


@dataclass(frozen=True)
class Metric:
    """A row of the table. `later`: it appears with the first event that it counts."""

    name: str
    type: str
    labels: frozenset
    meaning: str
    later: bool = False

    def row(self):
        labels = ", ".join(f"`{label}`" for label in sorted(self.labels)) or "–"
        return f"| `{self.name}`{LATER if self.later else ''} | {self.type} | {labels} | {self.meaning} |"

    def samples(self):
        """The names that it has in a query."""
        if self.type != "histogram":
            return {self.name}
        return {self.name + suffix for suffix in ("_bucket", "_sum", "_count")}


def section(title, level=2):
    """The text of a section of docs/operations.md, without its heading."""
    text = OPERATIONS.read_text(encoding="utf-8")
    marks = "#" * level
    found = re.search(rf"^{marks} {re.escape(title)}$(.*?)(?=^#{{1,{level}}} |\Z)", text, re.M | re.S)
    assert found, f"docs/operations.md has no section {title}"
    return found[1]


def metrics_table():
    """name -> Metric, of every row of the section Metrics."""
    table = {}
    row = re.compile(rf"^\| `([a-z_]+)`({LATER}?) \| (counter|gauge|histogram) \| (.*?) \| (.*) \|$", re.M)
    for name, later, kind, labels, meaning in row.findall(section("Metrics")):
        assert name not in table, f"{name} is in the table twice"
        table[name] = Metric(name, kind, frozenset(re.findall(r"`([a-z_]+)`", labels)), meaning,
                             bool(later))
    return table


def families(text):
    """Metrics as a service exposes them, in Prometheus' text format: name -> Metric."""
    helps, types, labels = {}, {}, {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            _, _, name, meaning = line.split(" ", 3)
            helps[name] = meaning
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
        elif line and not line.startswith("#"):
            sample = re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line)[0]
            name = sample if sample in types else re.sub(r"_(bucket|sum|count)$", "", sample)
            labels.setdefault(name, set()).update(re.findall(r'[{,]([a-z_]+)="', line))
    return {name: Metric(name, kind, frozenset(labels.get(name, set()) - {"le"}), helps[name])
            for name, kind in types.items()}


# ---- dashboards ----

def dashboards():
    """(file's name, dashboard)"""
    return [(path.name, json.loads(path.read_text(encoding="utf-8")))
            for path in sorted(DASHBOARDS.glob("*.json"))]


def panels(dashboard):
    """All panels, those inside of rows too; the rows themselves are none."""
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def panel_queries(dashboard):
    """(panel's title, query, whether it may be empty). A target that is empty as long as all is
    well says so by the refId that it begins with: empty."""
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"], target["refId"].startswith("empty")


# ---- rules ----

def rule_files():
    return sorted(RULES.glob("*.yml"))


def rules():
    """All rules, recording and alerting."""
    for path in rule_files():
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


# ---- queries ----

def metrics_of(query):
    """The names of metrics that a query uses, recorded ones too."""
    # Neither in label values nor in what is grouped by.
    query = re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)
    query = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", query)
    query = re.sub(r"\{[^}]*\}", " ", query)
    return {name for name in re.findall(r"[a-zA-Z_][a-zA-Z0-9_:]*", query)
            if name == "up" or ":" in name or name.startswith(("accoil_", "process_"))}

#!/usr/bin/python3
"""Writes the dashboards: deploy/grafana/dashboards/*.json. What all panels have in common is said
once here; what each shows stands in the lists below. A test holds the files against this.

  build.py [FOLDER]
"""

import json
import sys
from pathlib import Path

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"


def steps(*values):
    """Thresholds: a colour, then (from this value on, the colour) pairs."""
    first, *rest = values
    return {"mode": "absolute", "steps": [{"color": first, "value": None}] + [
        {"color": color, "value": value} for value, color in rest]}


class Panel:
    """One panel. `queries` are (PromQL, legend); a query that begins with "?" is of something that
    there is none of as long as all is well, and may be empty."""

    def __init__(self, title, description, queries, unit="short", kind="timeseries", width=8,
                 height=8, thresholds=None, lowest=0, highest=None, stacked=False, decimals=None):
        self.title, self.description, self.queries = title, description, queries
        self.unit, self.kind, self.width, self.height = unit, kind, width, height
        self.thresholds = thresholds or steps(BLUE)
        self.lowest, self.highest, self.stacked = lowest, highest, stacked
        self.decimals = decimals

    def _targets(self):
        for place, (query, legend) in enumerate(self.queries):
            letter = chr(ord("A") + place)
            yield {"datasource": DATASOURCE, "expr": query.removeprefix("?"),
                   "legendFormat": legend, "editorMode": "code",
                   "range": self.kind != "table", "instant": self.kind == "table",
                   "format": "table" if self.kind == "table" else "time_series",
                   "refId": f"empty{letter}" if query.startswith("?") else letter}

    def _field_defaults(self):
        defaults = {"unit": self.unit, "min": self.lowest, "thresholds": self.thresholds,
                    "color": {"mode": "thresholds" if self.kind == "stat" else "palette-classic"}}
        if self.highest is not None:
            defaults["max"] = self.highest
        if self.decimals is not None:
            defaults["decimals"] = self.decimals
        if self.kind == "timeseries":
            marked = len(self.thresholds["steps"]) > 1
            defaults["custom"] = {
                "drawStyle": "line", "lineWidth": 1, "showPoints": "never", "spanNulls": False,
                "fillOpacity": 40 if self.stacked else 10,
                "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
                "thresholdsStyle": {"mode": "dashed" if marked else "off"}}
        return defaults

    def _options(self):
        if self.kind == "stat":
            return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
                    "colorMode": "background", "graphMode": "area", "textMode": "auto",
                    "justifyMode": "auto", "orientation": "auto"}
        if self.kind == "heatmap":
            return {"calculate": False, "yAxis": {"unit": self.unit}, "cellGap": 1,
                    "color": {"mode": "scheme", "scheme": "Oranges", "steps": 64}}
        if self.kind == "table":
            return {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}}
        return {"legend": {"displayMode": "table", "placement": "bottom",
                           "calcs": ["lastNotNull", "max"]},
                "tooltip": {"mode": "multi", "sort": "desc"}}

    def render(self, number, x, y):
        panel = {"id": number, "title": self.title, "description": self.description,
                 "type": self.kind, "datasource": DATASOURCE,
                 "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
                 "fieldConfig": {"defaults": self._field_defaults(), "overrides": []},
                 "options": self._options(), "targets": list(self._targets())}
        if self.kind == "table":
            panel["transformations"] = [{"id": "merge", "options": {}}]
        return panel


def query_variable(name, label, query, description):
    return {"name": name, "label": label, "description": description, "type": "query",
            "datasource": DATASOURCE, "definition": query,
            "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, "multi": True,
            "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}


WORKSPACE = query_variable("workspace", "Connection",
                           "label_values(accoil_connections_state, workspace)",
                           "Intercom's id of the workspace that a product is connected to.")
JOB = query_variable("job", "Service", 'label_values(up{job=~"accoil-.+"}, job)',
                     "As Prometheus' job names it.")


def dashboard(uid, title, description, variables, rows):
    """`rows`: (title, panels); panels flow from left to right."""
    shown, number, top = [], 0, 0
    for heading, members in rows:
        number += 1
        shown.append({"id": number, "type": "row", "title": heading, "collapsed": False,
                      "gridPos": {"x": 0, "y": top, "w": 24, "h": 1}, "panels": []})
        top += 1
        x = height = 0
        for panel in members:
            if x + panel.width > 24:
                top, x, height = top + height, 0, 0
            number += 1
            shown.append(panel.render(number, x, top))
            x, height = x + panel.width, max(height, panel.height)
        top += height
    source = {"name": "datasource", "label": "Prometheus", "type": "datasource",
              "query": "prometheus", "current": {}, "refresh": 1, "hide": 0}
    links = [{"title": other, "type": "link", "url": f"/d/{other_uid}", "keepTime": True,
              "includeVars": True, "icon": "dashboard"}
             for other_uid, other in DASHBOARDS.items() if other_uid != uid]
    return {"uid": uid, "title": title, "description": description, "tags": ["accoil-intercom"],
            "schemaVersion": 38, "version": 1, "editable": False, "graphTooltip": 1,
            "timezone": "browser", "refresh": "30s", "time": {"from": "now-3h", "to": "now"},
            "links": links, "annotations": {"list": []},
            "templating": {"list": [source, *variables]}, "panels": shown}


DASHBOARDS = {"accoil-sync-health": "Sync health", "accoil-services": "Services",
              "accoil-pipeline": "Pipeline"}
IN = '{workspace=~"$workspace"'
JOBS = '{job=~"$job"'


def sync_health():
    objective = "accoil_trait_sync_objective_total"
    deliveries = "accoil_trait_sync_deliveries_total"
    granted = "accoil_connections_calls_granted_total"
    return dashboard(
        "accoil-sync-health", "Sync health",
        "Whether customers' data in Intercom is fresh, and if not, why. The one to open first.",
        [WORKSPACE], [
            ("Is it fresh?", [
                Panel("In time, last hour",
                      "Changes that were in Intercom within 60 s of their publication, of those "
                      "whose workspace had calls left. The objective is 99 %.",
                      [("1 - accoil:freshness_late:ratio_rate1h", "in time")],
                      unit="percentunit", kind="stat", width=4, height=5, highest=1, decimals=2,
                      thresholds=steps(RED, (0.9, YELLOW), (0.99, GREEN))),
                Panel("Error budget burnt, 3 days",
                      "How many times faster than the objective allows changes come late. At 1 the "
                      "budget lasts as long as it should.",
                      [("accoil:freshness_late:ratio_rate3d / 0.01", "times")],
                      kind="stat", width=4, height=5, decimals=1,
                      thresholds=steps(GREEN, (1, YELLOW), (3, RED))),
                Panel("Deliveries due", "Contacts and companies that wait to be written.",
                      [(f"sum(accoil:workspace_backlog:max{IN}}})", "due")],
                      kind="stat", width=4, height=5,
                      thresholds=steps(GREEN, (1000, YELLOW), (50000, RED))),
                Panel("Oldest delivery due", "The longest that one has waited.",
                      [(f"max(accoil:workspace_backlog_age_seconds:max{IN}}})", "oldest")],
                      unit="s", kind="stat", width=4, height=5,
                      thresholds=steps(GREEN, (60, YELLOW), (300, RED))),
                Panel("Connections broken",
                      "The app was taken out or the token revoked: nothing is synced until "
                      "somebody connects again.",
                      [(f'sum(max by (workspace) (accoil_connections_state{IN},state="broken"}}))',
                        "broken")],
                      kind="stat", width=4, height=5, thresholds=steps(GREEN, (1, RED))),
                Panel("Workspaces without calls left",
                      "Callers want more than Intercom allows. What waits there is no fault of "
                      "the suite's, and is not counted as late.",
                      [(f"count((accoil:workspace_calls_refused:rate10m{IN}}} > 0) and "
                        f"(accoil:workspace_budget_used:ratio_rate10m{IN}}} > 0.9)) or vector(0)",
                        "exhausted")],
                      kind="stat", width=4, height=5, thresholds=steps(GREEN, (1, YELLOW))),
                Panel("Freshness",
                      "From the publication of a change to Intercom's acknowledgement. Traits are "
                      "changes as they happen; matching is what catches up after a match or a "
                      "sweep, with what calls are left.",
                      [(f"histogram_quantile({quantile}, sum by (le, priority) (rate("
                        "accoil_trait_sync_freshness_seconds_bucket[$__rate_interval])))",
                        f"{{{{priority}}}} p{round(quantile * 100)}") for quantile in (0.5, 0.99)],
                      unit="s", width=12, thresholds=steps(GREEN, (60, RED))),
                Panel("Late changes by connection",
                      "Share of the changes of the last half hour that took longer than 60 s "
                      "although there were calls left.",
                      [(f"accoil:workspace_freshness_late:ratio_rate30m{IN}}}", "{{workspace}}")],
                      unit="percentunit", width=12, highest=1,
                      thresholds=steps(GREEN, (0.01, RED))),
            ]),
            ("Why not?", [
                Panel("Backlog by connection", "Deliveries due.",
                      [(f"accoil:workspace_backlog:max{IN}}}", "{{workspace}}")]),
                Panel("Age of the backlog by connection", "The longest that a delivery is due.",
                      [(f"accoil:workspace_backlog_age_seconds:max{IN}}}", "{{workspace}}")],
                      unit="s", thresholds=steps(GREEN, (300, RED))),
                Panel("Changes by promise",
                      "in_time and late are measured by the objective; held_up had no calls left, "
                      "or no connection.",
                      [(f"sum by (outcome) (rate({objective}{IN}}}[$__rate_interval]))",
                        "{{outcome}}")], unit="cps", stacked=True),
                Panel("Deliveries by outcome",
                      "delivered and unchanged are well; the others say what Intercom answered.",
                      [(f"sum by (outcome) (rate({deliveries}{IN}}}[$__rate_interval]))",
                        "{{outcome}}")], unit="cps", stacked=True),
                Panel("Failed deliveries by connection and reason",
                      "not_found: the contact is gone. refused: Intercom does not take it. "
                      "throttled: 429. server_error and unknown: Intercom fails, or the network.",
                      [(f"sum by (workspace, outcome) (rate({deliveries}{IN},"
                        'outcome!~"delivered|unchanged"}[$__rate_interval])) > 0 or vector(0)',
                        "{{workspace}} {{outcome}}")], unit="cps"),
                Panel("Values set aside by reason",
                      "Values that cannot go into their attribute; Intercom keeps the last one "
                      "that could.",
                      [(f"sum by (reason) (increase(accoil_trait_sync_set_aside_total{IN}}}[1h]))",
                        "{{reason}}")], stacked=True),
            ]),
            ("Calls to Intercom", [
                Panel("Budget used by connection",
                      "Calls that ended, of those that Intercom allows.",
                      [(f"accoil:workspace_budget_used:ratio_rate10m{IN}}}", "{{workspace}}")],
                      unit="percentunit", highest=1, thresholds=steps(GREEN, (0.9, YELLOW))),
                Panel("Calls granted by priority", "Leases of the call budget.",
                      [(f"sum by (priority) (rate({granted}{IN}}}[$__rate_interval]))",
                        "{{priority}}")], unit="cps", stacked=True),
                Panel("Calls refused by priority",
                      "Wanted and not granted at once; they are asked for again, so that one call "
                      "may be refused many times.",
                      [("sum by (priority) (rate(accoil_connections_calls_refused_total"
                        f"{IN}}}[$__rate_interval]))", "{{priority}}")], unit="cps", stacked=True),
                Panel("Limit seen", "Calls that Intercom allows each window of some seconds.",
                      [(f"max by (workspace) (accoil_connections_limit_calls{IN}}})",
                        "{{workspace}}")]),
                Panel("Calls by outcome", "Of all services, by what Intercom answered.",
                      [("sum by (outcome) (rate(accoil_intercom_calls_total[$__rate_interval]))",
                        "{{outcome}}")], unit="cps", stacked=True),
                Panel("Duration of calls", "From sending a call to having its answer, 99th "
                      "percentile by endpoint.",
                      [("histogram_quantile(0.99, sum by (le, endpoint) (rate("
                        "accoil_intercom_call_duration_seconds_bucket[$__rate_interval])))",
                        "{{endpoint}}")], unit="s"),
            ]),
            ("Tags", [
                Panel("Rules that fired", "Entries into a trigger, by what kind it is.",
                      [("sum by (trigger) (rate(accoil_tagging_automation_firings_total"
                        "[$__rate_interval]))", "{{trigger}}")], unit="cps", stacked=True),
                Panel("Tags by outcome", "What became of tags that were to be set.",
                      [("sum by (outcome) (rate(accoil_tagging_tags_total[$__rate_interval]))",
                        "{{outcome}}")], unit="cps", stacked=True),
                Panel("Freshness of tags",
                      "From a tag being wished for, or its subject being matched, to Intercom's "
                      "acknowledgement, 99th percentile.",
                      [("histogram_quantile(0.99, sum by (le, priority) (rate("
                        "accoil_tagging_freshness_seconds_bucket[$__rate_interval])))",
                        "{{priority}}")], unit="s"),
                Panel("Tags on their way", "Due, and waiting for a match.",
                      [("max(accoil_tagging_due_tags)", "due"),
                       ("max(accoil_tagging_waiting_tags)", "wait for a match")]),
                Panel("Age of the oldest tag due", "The longest that one has been due.",
                      [("accoil:tags_oldest_due_seconds:max", "oldest")], unit="s",
                      thresholds=steps(GREEN, (300, RED))),
                Panel("Jobs of tagging by hand", "Begun in the last hour, and those not ended.",
                      [("sum by (chosen_by) (increase("
                        "accoil_tagging_automation_jobs_begun_total[1h]))", "by {{chosen_by}}"),
                       ("max(accoil_tagging_automation_jobs_open)", "open")]),
            ]),
            ("Matches and connections", [
                Panel("Match rate", "Users and accounts that have a contact or company.",
                      [(f"accoil:workspace_match:ratio{IN}}}", "{{workspace}} {{kind}}")],
                      unit="percentunit", highest=1),
                Panel("Subjects by decision", "How users and accounts are matched, and why not.",
                      [("sum by (kind, decision) (max by (workspace, kind, decision) "
                        f"(accoil_matcher_subjects{IN}}}))", "{{kind}} {{decision}}")],
                      stacked=True),
                Panel("Connections by state", "broken needs somebody who connects again.",
                      [("sum by (state) (max by (workspace, state) "
                        f"(accoil_connections_state{IN}}}))", "{{state}}")], stacked=True),
            ]),
        ])


def services():
    def share(part, whole):
        return f"({part} or vector(0)) / ({whole} > 0) or vector(0)"

    rpc = "accoil_rpc_requests_total"
    rpc_errors = 'code=~"INTERNAL|UNAVAILABLE|DEADLINE_EXCEEDED|UNKNOWN"'
    return dashboard(
        "accoil-services", "Services",
        "Every service: requests, errors, durations, and what it uses.", [JOB], [
            ("What runs", [
                Panel("Replicas up", "Replicas that answer Prometheus.",
                      [(f"sum by (job) (up{JOBS}}})", "{{job}}")], kind="stat", width=12,
                      height=5, thresholds=steps(RED, (1, GREEN))),
                Panel("Dependencies that cannot be used",
                      "A replica's /readyz has the reason.",
                      [(f"sum by (dependency) (1 - accoil_dependency_up{JOBS}}})",
                        "{{dependency}}")], kind="stat", width=6, height=5,
                      thresholds=steps(GREEN, (1, RED))),
                Panel("Builds", "Versions and commits that run.",
                      [(f"count by (service, version, commit) (accoil_build_info{JOBS}}})", "")],
                      kind="table", width=6, height=5),
            ]),
            ("The API", [
                Panel("Requests by status", "Answers of the gateway.",
                      [('sum by (status) (rate(accoil_http_requests_total{server="gateway"}'
                        "[$__rate_interval]))", "{{status}}")], unit="reqps", stacked=True),
                Panel("Share of 5xx", "Of the gateway's answers.",
                      [("accoil:http_errors:ratio_rate5m", "5xx")], unit="percentunit",
                      thresholds=steps(GREEN, (0.01, RED))),
                Panel("Duration by route", "99th percentile, headers' arrival to answer.",
                      [("histogram_quantile(0.99, sum by (le, route) (rate("
                        'accoil_http_request_duration_seconds_bucket{server="gateway"}'
                        "[$__rate_interval])))", "{{route}}")], unit="s"),
                Panel("Items taken by type", "Items that Kafka acknowledged.",
                      [("sum by (type) (rate(accoil_gateway_items_accepted_total"
                        "[$__rate_interval]))", "{{type}}")], unit="cps", stacked=True),
                Panel("Items refused", "By the kind of rule that they break.",
                      [("sum by (reason) (rate(accoil_gateway_items_refused_total"
                        "[$__rate_interval]))", "{{reason}}")], unit="cps", stacked=True),
                Panel("Clients", "Open connections, and those closed before they were done.",
                      [('sum(accoil_http_connections{server="gateway"})', "open"),
                       ("sum by (reason) (increase(accoil_http_connections_given_up_total"
                        '{server="gateway"}[5m]))', "{{reason}} in 5 min")]),
            ]),
            ("The Inbox", [
                Panel("Canvases by outcome", "What Intercom was answered.",
                      [("sum by (outcome) (rate(accoil_gateway_canvases_total"
                        "[$__rate_interval]))", "{{outcome}}")], unit="cps", stacked=True),
                Panel("Duration of canvases",
                      "At the gateway, widget's part included. Intercom gives up after ten "
                      "seconds; people before.",
                      [(f"histogram_quantile({quantile}, sum by (le) (rate("
                        "accoil_gateway_canvas_duration_seconds_bucket[$__rate_interval])))",
                        f"p{round(quantile * 100)}") for quantile in (0.5, 0.99)],
                      unit="s", thresholds=steps(GREEN, (0.5, YELLOW), (2, RED))),
                Panel("What canvases could show", "matched is what support wants to see.",
                      [("sum by (situation) (rate(accoil_widget_canvases_total"
                        "[$__rate_interval]))", "{{situation}}")], unit="cps", stacked=True),
            ]),
            ("Between the services", [
                Panel("Calls by service and method", "gRPC calls answered.",
                      [(f"sum by (method) (rate({rpc}{JOBS}}}[$__rate_interval]))",
                        "{{method}}")], unit="reqps"),
                Panel("Share of calls that failed",
                      "By no fault of the caller's: defects, time-outs, dependencies.",
                      [(share(f"sum by (job) (rate({rpc}{JOBS},{rpc_errors}}}[$__rate_interval]))",
                              f"sum by (job) (rate({rpc}{JOBS}}}[$__rate_interval]))"),
                        "{{job}}")], unit="percentunit", thresholds=steps(GREEN, (0.01, RED))),
                Panel("Duration of calls", "99th percentile by method.",
                      [("histogram_quantile(0.99, sum by (le, method) (rate("
                        f"accoil_rpc_request_duration_seconds_bucket{JOBS}}}"
                        "[$__rate_interval])))", "{{method}}")], unit="s"),
            ]),
            ("Database", [
                Panel("Connections in use",
                      "Of the pool of each replica; dashed is where work begins to wait.",
                      [(f"accoil_postgres_connections_in_use{JOBS}}}", "{{job}} {{instance}}"),
                       (f"max(accoil_postgres_connections_limit{JOBS}}})", "limit")]),
                Panel("Waiting for a connection", "How long, 99th percentile.",
                      [("histogram_quantile(0.99, sum by (le, job) (rate("
                        f"accoil_postgres_wait_seconds_bucket{JOBS}}}[$__rate_interval])))",
                        "{{job}}")], unit="s", thresholds=steps(GREEN, (1, RED))),
                Panel("Transactions",
                      "Duration, 99th percentile, and those that the server was not there for.",
                      [("histogram_quantile(0.99, sum by (le, job) (rate("
                        "accoil_postgres_transaction_duration_seconds_bucket"
                        f"{JOBS}}}[$__rate_interval])))", "{{job}}")], unit="s"),
                Panel("Transactions that failed or were repeated",
                      "The server could not be reached; deadlocks; nobody gave a connection back "
                      "in time.",
                      [(f"sum by (job) (increase(accoil_postgres_failures_total{JOBS}}}[5m]))",
                        "{{job}} failed"),
                       (f"sum by (job) (increase(accoil_postgres_repeats_total{JOBS}}}[5m]))",
                        "{{job}} repeated"),
                       ("sum by (job) (increase(accoil_postgres_waits_given_up_total"
                        f"{JOBS}}}[5m]))", "{{job}} got none")], width=8),
            ]),
            ("Resources", [
                Panel("Memory", "Resident, of each replica.",
                      [(f"process_resident_memory_bytes{JOBS}}}", "{{job}} {{instance}}")],
                      unit="bytes"),
                Panel("Processor", "Cores in use, of each replica.",
                      [(f"rate(process_cpu_seconds_total{JOBS}}}[$__rate_interval])",
                        "{{job}} {{instance}}")], unit="none"),
                Panel("Open files", "Share of what each replica may open.",
                      [(f"process_open_fds{JOBS}}} / process_max_fds{JOBS}}}",
                        "{{job}} {{instance}}")], unit="percentunit",
                      thresholds=steps(GREEN, (0.8, RED))),
                Panel("Threads", "Of each replica.",
                      [(f"process_threads{JOBS}}}", "{{job}} {{instance}}")]),
                Panel("Uptime", "Since each replica was started.",
                      [(f"time() - process_start_time_seconds{JOBS}}}",
                        "{{job}} {{instance}}")], unit="s"),
            ]),
        ])


def pipeline():
    consumed = "accoil_consumer_records_total"
    return dashboard(
        "accoil-pipeline", "Pipeline",
        "Events on their way: into Kafka, through the consumers, out of the outboxes.", [JOB], [
            ("At a glance", [
                Panel("Lag", "Records that consumers have not applied yet.",
                      [(f"sum(accoil:consumer_lag_records:sum{JOBS}}})", "records")],
                      kind="stat", width=6, height=5,
                      thresholds=steps(GREEN, (1000, YELLOW), (100000, RED))),
                Panel("Waiting in outboxes", "Events that are to be published.",
                      [(f"sum(accoil:outbox_records:max{JOBS}}})", "events")], kind="stat",
                      width=6, height=5, thresholds=steps(GREEN, (1000, YELLOW), (100000, RED))),
                Panel("Oldest in an outbox", "How long it has waited.",
                      [(f"max(accoil:outbox_oldest_seconds:max{JOBS}}})", "oldest")], unit="s",
                      kind="stat", width=6, height=5,
                      thresholds=steps(GREEN, (10, YELLOW), (60, RED))),
                Panel("Dead letters, last 15 minutes",
                      "Records that could not be read or applied; they are kept in dead-letter.",
                      [(f"sum(accoil:dead_letters:increase15m{JOBS}}})", "records")],
                      kind="stat", width=6, height=5, thresholds=steps(GREEN, (1, RED))),
            ]),
            ("Into Kafka", [
                Panel("Records acknowledged", "By who produced them.",
                      [(f"sum by (job) (rate(accoil_producer_acknowledged_total{JOBS}}}"
                        "[$__rate_interval]))", "{{job}}")], unit="cps"),
                Panel("Records that failed", "Refused, or not acknowledged in time.",
                      [(f"sum by (job) (rate(accoil_producer_failures_total{JOBS}}}"
                        "[$__rate_interval]))", "{{job}}")], unit="cps",
                      thresholds=steps(GREEN, (0.1, RED))),
                Panel("Duration of publishing", "At the gateway, 99th percentile of batches.",
                      [("histogram_quantile(0.99, sum by (le) (rate("
                        "accoil_gateway_publish_duration_seconds_bucket[$__rate_interval])))",
                        "p99")], unit="s"),
            ]),
            ("Consumers", [
                Panel("Lag by topic", "Records that are not applied yet.",
                      [(f"accoil:consumer_lag_records:sum{JOBS}}}", "{{job}} {{topic}}")],
                      width=12),
                Panel("Records applied", "By consumer and topic.",
                      [(f"sum by (job, topic) (rate({consumed}{JOBS}}}[$__rate_interval]))",
                        "{{job}} {{topic}}")], unit="cps", width=12),
                Panel("Duration of batches",
                      "From the first statement to the end of the commit, 99th percentile.",
                      [("histogram_quantile(0.99, sum by (le, job) (rate("
                        f"accoil_consumer_batch_duration_seconds_bucket{JOBS}}}"
                        "[$__rate_interval])))", "{{job}}")], unit="s"),
                Panel("Dead letters", "By consumer and topic.",
                      [(f"accoil:dead_letters:increase15m{JOBS}}}", "{{job}} {{topic}}")],
                      thresholds=steps(GREEN, (1, RED))),
                Panel("Lost races",
                      "Batches thrown away because another member had the partition already: a "
                      "few at each rebalance.",
                      [(f"sum by (job) (increase(accoil_consumer_lost_races_total{JOBS}}}[15m]))",
                        "{{job}}")]),
            ]),
            ("Outboxes", [
                Panel("Events that wait", "By service.",
                      [(f"accoil:outbox_records:max{JOBS}}}", "{{job}}")]),
                Panel("Age of the oldest", "By service.",
                      [(f"accoil:outbox_oldest_seconds:max{JOBS}}}", "{{job}}")], unit="s",
                      thresholds=steps(GREEN, (60, RED))),
                Panel("Events published", "By service.",
                      [(f"sum by (job) (rate(accoil_outbox_published_total{JOBS}}}"
                        "[$__rate_interval]))", "{{job}}")], unit="cps"),
            ]),
            ("Matching and webhooks", [
                Panel("Waiting to be matched", "Users and accounts of connected products.",
                      [("max(accoil_matcher_due_users)", "users"),
                       ("max(accoil_matcher_due_accounts)", "accounts")]),
                Panel("Decisions", "Matches decided anew and published.",
                      [("sum by (decision) (rate(accoil_matcher_matches_total"
                        "[$__rate_interval]))", "{{decision}}")], unit="cps", stacked=True),
                Panel("Webhooks by topic", "Notifications of Intercom's that were taken.",
                      [("sum by (topic) (rate(accoil_gateway_webhooks_total"
                        "[$__rate_interval])) > 0 or vector(0)", "{{topic}}")], unit="cps",
                      stacked=True),
            ]),
        ])


def main(folder):
    for name, made in (("sync-health", sync_health()), ("services", services()),
                       ("pipeline", pipeline())):
        (folder / f"{name}.json").write_text(
            json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1
         else Path(__file__).resolve().parent / "dashboards")

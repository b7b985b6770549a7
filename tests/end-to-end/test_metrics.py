"""The metrics of the running services, held against the table in docs/operations.md."""

from documents import families, metrics_table
from processes import parse_metrics
from suite import SERVICES


# Marked in the table as appearing later, and nothing here need have caused it.
UNCAUSED = {"accoil_matcher_notified_contacts_total"}


def exposed(suite):
    """name -> Metric of all that the running services have; labels of all of them together."""
    found = {}
    for process in suite.running():
        for name, metric in families(process.metrics_text()).items():
            before = found.get(name, metric)
            assert before.type == metric.type, f"{name} of {process.name} is a {metric.type}"
            found[name] = type(metric)(name, metric.type, metric.labels | before.labels,
                                       before.meaning)
    return found


def shown(title, metrics):
    rows = "\n".join(metric.row() for metric in sorted(metrics, key=lambda metric: metric.name))
    return f"{title}:\n{rows}\n" if metrics else ""


def test_the_table_has_every_metric_of_the_services_and_no_other(suite, demo):
    table, found = metrics_table(), exposed(suite)
    missing = [metric for name, metric in found.items() if name not in table]
    gone = [row for name, row in table.items()
            if name not in found and not (row.later and name in UNCAUSED)]
    wrong = [metric for name, metric in found.items()
             if name in table and (metric.type != table[name].type
                                   or metric.labels != table[name].labels)]
    assert not missing + gone + wrong, (
        "the section Metrics of docs/operations.md and the services differ\n"
        + shown("rows to add", missing)
        + shown("rows to take out", gone)
        + shown("rows as they should be", wrong))


def test_every_service_says_what_it_is_and_what_it_uses(suite, demo):
    for process in suite.running():
        service = process.name.rsplit("-", 1)[0]
        assert service in SERVICES
        assert process.metric("accoil_build_info", service=service) == 1
        assert process.metric("process_resident_memory_bytes") > 1_000_000
        assert process.metric("process_cpu_seconds_total") > 0
        assert process.metric("process_open_fds") > 3
        assert process.metric("accoil_dependency_up", dependency="kafka") == 1


def test_no_label_grows_with_the_users_and_accounts_of_a_customer(suite, demo):
    subjects = {subject for subject, _ in demo.users + demo.accounts}
    for process in suite.running():
        for name, labels, _ in parse_metrics(process.metrics_text()):
            assert not subjects & set(labels.values()), f"{process.name} {name} {labels}"
            assert not any("@" in value for value in labels.values()), f"{name} {labels}"


def test_freshness_and_backlog_are_told_of_each_connection(suite, demo):
    workspace = suite.gateway.connection(suite.product)["workspace_id"]
    of_it = {"workspace": workspace}
    assert suite.metric("trait-sync", "accoil_trait_sync_deliveries_total",
                        outcome="delivered", **of_it) > 0
    assert suite.metric("trait-sync", "accoil_trait_sync_due_deliveries", **of_it) == 0
    assert suite.metric("connections", "accoil_connections_calls_granted_total", **of_it) > 0
    assert suite.metric("connections", "accoil_connections_limit_calls", **of_it) > 0
    assert suite.metric("connections", "accoil_connections_state", state="connected", **of_it) == 1
    assert suite.metric("matcher", "accoil_matcher_subjects", kind="user",
                        decision="matched_by_email", **of_it) > 0

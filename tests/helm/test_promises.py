"""What the chart promises of running pods, of who may reach whom, and of monitoring."""

import json

import pytest
import yaml

import chart


def components(selector):
    return selector["matchLabels"]["app.kubernetes.io/component"]


def test_no_pod_may_more_than_it_must(objects):
    for name, spec in objects.pods():
        assert spec["automountServiceAccountToken"] is False, name
        pod = spec["securityContext"]
        assert pod["runAsNonRoot"] is True and pod["runAsUser"] > 1000, name
        assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"] is True
            assert security["allowPrivilegeEscalation"] is False
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]


def test_the_user_is_the_image_s(objects):
    image = (chart.REPOSITORY / "deploy/docker/Dockerfile").read_text()
    for name, spec in objects.pods():
        user = spec["securityContext"]
        assert f"USER {user['runAsUser']}:{user['runAsGroup']}\n" in image, name


def test_a_replica_goes_only_when_its_successor_is_ready_and_drains(objects):
    for service in chart.SERVICES:
        deployment = objects.one("Deployment", service)["spec"]
        assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        spec = deployment["template"]["spec"]
        drain = int(objects.environment(service)[0]["ACCOIL_DRAIN_TIME"].removesuffix("s"))
        # After the drain a service needs up to 20 seconds to finish what it has in hand.
        assert drain >= 1 and spec["terminationGracePeriodSeconds"] >= drain + 20


def test_every_service_is_asked_whether_it_started_lives_and_is_ready(trial, production):
    for service in chart.SERVICES:
        for objects, tls in ((trial, False), (production, True)):
            [container] = objects.one("Deployment", service)["spec"]["template"]["spec"][
                "containers"]
            assert container["startupProbe"]["httpGet"]["path"] == "/healthz"
            assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
            by_grpc = "grpc" in container["livenessProbe"]
            assert by_grpc == (service != "gateway" and not tls)


def test_replicas_are_spread_and_one_goes_at_a_time(production):
    for service in chart.SERVICES:
        deployment = production.one("Deployment", service)["spec"]
        own = deployment["selector"]["matchLabels"]
        spread = deployment["template"]["spec"]["topologySpreadConstraints"]
        assert [one["topologyKey"] for one in spread] == ["topology.kubernetes.io/zone",
                                                          "kubernetes.io/hostname"]
        assert all(one["labelSelector"]["matchLabels"] == own for one in spread)
        budget = production.one("PodDisruptionBudget", service)["spec"]
        assert budget["maxUnavailable"] == 1 and budget["selector"]["matchLabels"] == own


def test_a_service_scales_by_processor_and_by_lag(production):
    for service in chart.SERVICES:
        assert "replicas" not in production.one("Deployment", service)["spec"]
        metrics = production.one("HorizontalPodAutoscaler", service)["spec"]["metrics"]
        # The gateway consumes nothing.
        assert [one["type"] for one in metrics] == ["Resource"] + ["Pods"] * (service != "gateway")


def test_lag_may_come_as_an_external_metric_of_the_service():
    objects = chart.render("values-production.yaml", "lagMetric.type=External")
    _, lag = objects.one("HorizontalPodAutoscaler", "matcher")["spec"]["metrics"]
    assert lag["external"]["metric"]["selector"]["matchLabels"] == {
        "namespace": chart.NAMESPACE, "service": f"{chart.FULL_NAME}-matcher"}


def test_without_autoscaling_there_are_as_many_replicas_as_values_say(trial):
    assert not trial.of("HorizontalPodAutoscaler")
    for service in chart.SERVICES:
        assert trial.one("Deployment", service)["spec"]["replicas"] == 1


# Who may speak to whom over gRPC: docs/architecture.md's picture.
ARROWS = {
    "connections": {"matcher", "trait-sync", "tagging-automation", "gateway"},
    "matcher": {"trait-sync", "gateway"},
    "trait-sync": {"gateway"},
    "tagging-automation": {"gateway"},
    "widget": {"gateway"},
    "gateway": set(),
}
INTERCOM = {"connections", "matcher", "trait-sync", "tagging-automation"}


def ports(rule):
    return [one["port"] for one in rule["ports"]]


def test_nothing_is_allowed_that_is_not_named(production):
    nothing = production.of("NetworkPolicy")[f"{chart.FULL_NAME}-nothing-else"]["spec"]
    assert "ingress" not in nothing and "egress" not in nothing
    assert nothing["policyTypes"] == ["Ingress", "Egress"]
    labels = nothing["podSelector"]["matchLabels"]
    for one in production:
        if one["kind"] in ("Deployment", "Job"):
            assert labels.items() <= one["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("service", chart.SERVICES)
def test_only_the_design_s_arrows_are_allowed(production, service):
    policy = production.one("NetworkPolicy", service)["spec"]
    assert components(policy["podSelector"]) == service
    incoming = {tuple(ports(rule)): rule["from"] for rule in policy["ingress"]}
    assert set(incoming) == {("admin",), ("http",) if service == "gateway" else ("grpc",)}
    if service != "gateway":
        assert {components(peer["podSelector"]) for peer in incoming["grpc",]} == ARROWS[service]

    outgoing = {tuple(ports(rule)): rule.get("to") for rule in policy["egress"]}
    asked = {callee for callee, callers in ARROWS.items() if service in callers}
    expected = {(9093,)}
    expected |= {(5432,)} if service != "gateway" else set()
    expected |= {("grpc",)} if asked else set()
    expected |= {(443,)} if service in INTERCOM else set()
    assert set(outgoing) == expected and all(outgoing.values())
    if asked:
        assert {components(peer["podSelector"]) for peer in outgoing["grpc",]} == asked


def test_who_is_asked_is_who_the_environment_names(production):
    for callee, callers in ARROWS.items():
        address = f"{chart.FULL_NAME}-{callee}:9000"
        assert callers == {service for service in chart.SERVICES
                           if address in production.environment(service)[0].values()}


def test_a_migration_reaches_the_database_alone(production):
    policy = production.of("NetworkPolicy")[f"{chart.FULL_NAME}-migration"]["spec"]
    assert [ports(rule) for rule in policy["egress"]] == [[5432]]
    selected = policy["podSelector"]["matchLabels"].items()
    for job in production.of("Job").values():
        assert selected <= job["spec"]["template"]["metadata"]["labels"].items()


def test_migrations_come_before_what_needs_them(trial, production):
    for objects, when in ((trial, "pre-install,pre-upgrade"),
                          (production, "post-install,pre-upgrade")):
        for job in objects.of("Job").values():
            assert job["metadata"]["annotations"]["helm.sh/hook"] == when


def test_secrets_are_named_or_come_by_external_secrets_and_are_never_in_the_chart(trial, production):
    assert not trial.of("ExternalSecret")
    for objects in (trial, production):
        assert not objects.of("Secret")
    for service in chart.SERVICES:
        wanted = {one["name"] for one in production.environment(service)[1].values()}
        [name] = wanted
        assert production.of("ExternalSecret")[name]["spec"]["target"]["name"] == name
    renamed = chart.render("values-trial.yaml", "services.widget.secretName=mine")
    assert {one["name"] for one in renamed.environment("widget")[1].values()} == {"mine"}


def test_the_ingress_leads_to_the_gateway(production):
    [rule] = production.one("Ingress", "gateway")["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    names = {one["name"] for one in production.of("Service")[backend["name"]]["spec"]["ports"]}
    assert backend["port"]["name"] in names


def test_every_service_is_scraped_under_the_job_that_rules_know(production):
    [monitor] = production.of("ServiceMonitor").values()
    [endpoint] = monitor["spec"]["endpoints"]
    selected = monitor["spec"]["selector"]["matchLabels"].items()
    for service in chart.SERVICES:
        one = production.one("Service", service)
        assert selected <= one["metadata"]["labels"].items()
        assert endpoint["port"] in [port["name"] for port in one["spec"]["ports"]]
    [relabelling] = endpoint["relabelings"]
    assert (relabelling["targetLabel"], relabelling["replacement"]) == ("job", "accoil-$1")


@pytest.mark.parametrize("kind", ["rules", "dashboards"])
def test_the_chart_s_copies_are_what_the_local_set_up_has(kind):
    original = {"rules": "deploy/prometheus/rules", "dashboards": "deploy/grafana/dashboards"}[kind]
    originals = {path.name: path.read_bytes() for path in (chart.REPOSITORY / original).iterdir()}
    copies = {path.name: path.read_bytes() for path in (chart.CHART / "monitoring" / kind).iterdir()}
    assert copies == originals, "run helm/copy-monitoring"


def test_rules_and_dashboards_are_whole(production):
    rules = {json.dumps(one["spec"]) for one in production.of("PrometheusRule").values()}
    assert rules == {json.dumps(yaml.safe_load(path.read_text()))
                     for path in (chart.CHART / "monitoring/rules").iterdir()}
    for path in (chart.CHART / "monitoring/dashboards").iterdir():
        one = production.of("ConfigMap")[f"{chart.FULL_NAME}-dashboard-{path.stem}"]
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert json.loads(one["data"][path.name]) == json.loads(path.read_text())


def test_monitoring_can_be_switched_off(trial):
    assert not trial.of("ServiceMonitor") and not trial.of("PrometheusRule")
    assert not [name for name in trial.of("ConfigMap") if "dashboard" in name]

"""Helm and Kubernetes understand the chart, and values that make no sense are refused."""

import kubernetes_validate
import pytest

import chart

# Of operators, whose schemas are not Kubernetes' own.
FOREIGN = {"ServiceMonitor", "PrometheusRule", "ExternalSecret"}


@pytest.mark.parametrize("values", chart.VALUES)
def test_helm_finds_nothing_wrong(values):
    said = chart.helm("lint", "--strict", "--quiet", "--kube-version", f"{chart.KUBERNETES}.0",
                      "--values", chart.CHART / values, chart.CHART)
    assert said.returncode == 0, said.stdout + said.stderr
    assert "[WARNING]" not in said.stdout


def test_every_object_is_as_kubernetes_wants_it(objects):
    for one in objects:
        if one["kind"] not in FOREIGN:
            kubernetes_validate.validate(one, chart.KUBERNETES, strict=True)


def test_no_two_objects_have_the_same_name(objects):
    names = [(one["kind"], one["metadata"]["name"]) for one in objects]
    assert len(names) == len(set(names))
    assert all(len(name) <= 63 for _, name in names)


def test_every_service_has_all_that_belongs_to_it(objects):
    for service in chart.SERVICES:
        for kind in ("Deployment", "Service", "ServiceAccount", "ConfigMap", "PodDisruptionBudget"):
            assert objects.one(kind, service)


@pytest.mark.parametrize("setting, where", [
    ("services.matcher.settings.ACCOIL_MATCH_INTERVL=6h", "ACCOIL_MATCH_INTERVL"),
    ("services.matcher.settings.ACCOIL_MATCH_INTERVAL=soon", "ACCOIL_MATCH_INTERVAL"),
    ("services.matchr.replicas=2", "matchr"),
    ("services.gateway.replicas=0", "replicas"),
    ("kafka.brokers=kafka", "brokers"),
    ("kafka.securityProtocol=tls", "securityProtocol"),
    ("kafka.securityProtocol=sasl_ssl", "username"),
    ("ingress.enabled=true", "host"),
    ("externalSecrets.enabled=true", "name"),
    ("logLevel=verbose", "logLevel"),
    ("networkPolicy.ingress.from=null", "from"),
])
def test_a_value_that_makes_no_sense_is_refused_with_its_place(setting, where):
    assert where in chart.refusal("values-trial.yaml", setting)


def test_a_packaged_chart_renders_the_same(tmp_path):
    said = chart.helm("package", "--destination", tmp_path, chart.CHART)
    assert said.returncode == 0, said.stderr
    [package] = tmp_path.iterdir()
    for values in chart.VALUES:
        arguments = ("--namespace", chart.NAMESPACE, "--kube-version", f"{chart.KUBERNETES}.0",
                     "--values", chart.CHART / values)
        packaged = chart.helm("template", chart.RELEASE, package, *arguments)
        assert packaged.returncode == 0, packaged.stderr
        assert packaged.stdout == chart.template("--values", chart.CHART / values).stdout

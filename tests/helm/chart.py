"""The chart as Helm renders it."""

import os
import subprocess
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
CHART = REPOSITORY / "helm/accoil-intercom"
SERVICES = sorted(path.parent.name for path in (REPOSITORY / "services").glob("*/main.cc"))
VALUES = ("values-trial.yaml", "values-production.yaml")
KUBERNETES = "1.37"
RELEASE = "suite"
NAMESPACE = "accoil"
FULL_NAME = "suite-accoil-intercom"


def helm(*arguments):
    """Runs Helm; answers its exit status, output and errors."""
    return subprocess.run([os.environ["ACCOIL_TEST_HELM"], *arguments], text=True, timeout=120,
                          capture_output=True, check=False)


def template(*arguments):
    return helm("template", RELEASE, CHART, "--namespace", NAMESPACE, "--kube-version",
                f"{KUBERNETES}.0", *arguments)


def render(values, *settings):
    """All objects with a values file and --set NAME=VALUE for each setting."""
    arguments = ["--values", CHART / values]
    for setting in settings:
        arguments += ["--set", setting]
    said = template(*arguments)
    assert said.returncode == 0, said.stderr
    return Objects([one for one in yaml.safe_load_all(said.stdout) if one])


def refusal(values, *settings):
    """What Helm says when it renders nothing."""
    arguments = ["--values", CHART / values]
    for setting in settings:
        arguments += ["--set", setting]
    said = template(*arguments)
    assert said.returncode != 0, "it was rendered"
    return said.stderr


class Objects(list):
    """Objects of Kubernetes."""

    def of(self, kind):
        """The objects of a kind by name."""
        return {one["metadata"]["name"]: one for one in self if one["kind"] == kind}

    def one(self, kind, service):
        """A service's object of a kind."""
        return self.of(kind)[f"{FULL_NAME}-{service}"]

    def pods(self):
        """(name, pod template's spec) of everything that makes pods."""
        for one in self:
            if one["kind"] in ("Deployment", "Job"):
                yield one["metadata"]["name"], one["spec"]["template"]["spec"]

    def environment(self, service):
        """(plain, secret) variables of a service: values by name, and references by name."""
        [container] = self.one("Deployment", service)["spec"]["template"]["spec"]["containers"]
        [source] = container["envFrom"]
        plain = self.of("ConfigMap")[source["configMapRef"]["name"]]["data"]
        secret = {variable["name"]: variable["valueFrom"]["secretKeyRef"]
                  for variable in container["env"]}
        return plain, secret

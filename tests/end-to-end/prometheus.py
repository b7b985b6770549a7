"""Debian's Prometheus on the running suite, with the rules of deploy/prometheus."""

import json
import shutil

import requests
from processes import Process, free_ports, wait_until

from documents import REPOSITORY

# What Grafana puts in.
VARIABLES = {"$workspace": ".*", "$job": ".*", "$__rate_interval": "1m"}


def filled_in(query):
    """A panel's query as Grafana sends it."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


class Prometheus:
    """Scrapes every replica that runs, each second, so that a test need not wait long."""

    def __init__(self, suite, folder):
        self._folder = folder
        shutil.copytree(REPOSITORY / "deploy/prometheus/rules", folder / "rules")
        text = (REPOSITORY / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
        (folder / "prometheus.yml").write_text(text.replace("interval: 15s", "interval: 1s"))
        (folder / "targets.json").write_text(json.dumps([
            {"targets": [process.admin],
             "labels": {"job": "accoil-" + process.name.rsplit("-", 1)[0]}}
            for process in suite.running()
        ]))
        [port] = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self._process = Process("prometheus", [
            "prometheus", f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data", f"--web.listen-address={self.address}",
        ], {}, folder)

    def start(self):
        self._process.start()
        wait_until(self._ready, 30, lambda: f"Prometheus:\n{self._process.log_tail()}")

    def stop(self):
        assert self._process.stop() == 0

    def _ready(self):
        assert self._process.running, self._process.log_tail()
        try:
            return requests.get(f"http://{self.address}/-/ready", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def get(self, path, **parameters):
        answer = requests.get(f"http://{self.address}/api/v1/{path}", params=parameters, timeout=10)
        body = answer.json()
        assert body["status"] == "success", f"{parameters}: {body}"
        return body["data"]

    def query(self, expression):
        """The samples of an instant query: (labels, value)."""
        found = self.get("query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(sample["metric"], float(sample["value"][1])) for sample in found["result"]]

"""The suite behind a proxy, as Kubernetes has it: whoever asks a service asks the proxy, which
knows by /readyz which of its replicas may be asked."""

import csv
import shutil
from concurrent import futures

import requests

from processes import Process, free_ports, wait_until
from suite import SERVICES, Suite

HAPROXY = "/usr/sbin/haproxy"
# A replica that is not ready gets nothing new. A connection that it refuses goes to another one.
DEFAULTS = """\
global
    log stdout format raw local0 info
    hard-stop-after 5s
defaults
    log global
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout check 3s
    retries 5
    option redispatch 1
    option httpchk
    http-check send meth GET uri /readyz
    http-check expect status 200
    default-server check inter 200ms fall 1 rise 1
    balance roundrobin
"""


class ProxiedSuite(Suite):
    """Two replicas of each service behind Debian's HAProxy."""

    def _find_addresses(self):
        *fronts, self._statistics = (f"127.0.0.1:{port}" for port in free_ports(len(SERVICES) + 1))
        self._fronts = dict(zip(SERVICES, fronts))
        return super()._find_addresses()

    def dialled(self, service):
        return self._fronts[service]

    def _other_settings(self, _service):
        # Longer than the proxy needs to learn that a replica goes; and what is sent is to be in
        # Kafka on a busy machine, too.
        return {"ACCOIL_DRAIN_TIME": "1s", "ACCOIL_PUBLISH_TIMEOUT": "20s"}

    def start(self, **arguments):
        """The proxy first: services that start look for others."""
        assert shutil.which(HAPROXY), f"{HAPROXY} is missing: tests/run installs it"
        path = self.folder / "haproxy.cfg"
        path.write_text(DEFAULTS + "".join(self._section(service) for service in SERVICES) +
                        f"listen statistics\n    mode http\n    bind {self._statistics}\n"
                        "    stats enable\n    stats uri /\n")
        self.proxy = Process("haproxy", [HAPROXY, "-f", str(path)], {}, self.folder)
        self.proxy.start()
        self._closing.callback(self.proxy.stop)
        super().start(**arguments)
        wait_until(lambda: all(self._asked(service, number) for service in SERVICES
                               for number in (0, 1)), 20, "the proxy asks every replica")

    def _section(self, service):
        """HTTP for the gateway; gRPC, which is encrypted, goes through as it is."""
        mode = "http" if service == "gateway" else "tcp"
        servers = "".join(
            f"    server {number} {self._addresses[service, number]['main']} "
            f"port {self._addresses[service, number]['admin'].rsplit(':', 1)[1]}\n"
            for number in (0, 1))
        return (f"listen {service}\n    mode {mode}\n    option {mode}log\n"
                f"    bind {self._fronts[service]}\n{servers}")

    def close(self):
        """All at once, or the drains would add up."""
        with futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda process: process.stop(), self.running()))
        super().close()

    def restart(self, service, number, grace):
        """Stops one replica by SIGTERM and starts it again; answers its exit status once it is
        ready again and the proxy knows. Fails when it has not ended within `grace` seconds."""
        process = self.replicas[service][number]
        status = process.stop(grace)
        process.start()
        self.await_ready([process])
        wait_until(lambda: self._asked(service, number), 20,
                   f"the proxy asks {process.name} again", pause=0.05)
        return status

    def _asked(self, service, number):
        """Whether the proxy sends a replica what comes."""
        text = requests.get(f"http://{self._statistics}/;csv", timeout=5).text
        rows = csv.DictReader(text.removeprefix("# ").splitlines())
        [status] = [row["status"] for row in rows
                    if (row["pxname"], row["svname"]) == (service, str(number))]
        return status.startswith("UP")

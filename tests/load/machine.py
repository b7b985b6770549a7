"""What it was measured on: everything that a figure depends on, and nothing that names the machine."""

import os
import platform
import re
import subprocess
from pathlib import Path


def describe():
    """(what, value) of processor, memory, kernel and versions."""
    memory = int(re.search(r"MemTotal:\s+(\d+) kB",
                           Path("/proc/meminfo").read_text(encoding="ascii"))[1])
    models = re.findall(r"model name\s*:\s*(.*)",
                        Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return [
        ("processor", f"{os.cpu_count()} × {models[0] if models else platform.machine()}"),
        ("memory", f"{memory / 2**20:.0f} GiB"),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("system", _debian()),
        ("PostgreSQL", _first(["/usr/lib/postgresql/15/bin/postgres", "--version"])),
        ("Java of the broker", _first(["java", "-version"])),
        ("compiler", _first(["c++", "--version"])),
        ("librdkafka, libpqxx, gRPC", ", ".join(map(_package, (
            "librdkafka1", "libpqxx-dev", "libgrpc++-dev")))),
    ]


def load():
    """How many processes have wanted a processor, on average of the last minute: what else runs on
    the machine makes figures worse."""
    return os.getloadavg()[0]


def _debian():
    text = Path("/etc/os-release").read_text(encoding="utf-8")
    return re.search(r'PRETTY_NAME="(.*)"', text)[1]


def _first(command):
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return (done.stdout or done.stderr).splitlines()[0]


def _package(name):
    return subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], check=True,
                          capture_output=True, text=True).stdout

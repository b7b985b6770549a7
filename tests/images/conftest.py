"""What the tests share: the images, and every service started from its image."""

import json
import os
import subprocess
import urllib.parse
from pathlib import Path

import pytest

import compose
from image import Image
from processes import Process, free_ports, wait_until

def open_image(name):
    folder = os.environ.get("ACCOIL_TEST_IMAGES")
    if not folder:
        pytest.skip("ACCOIL_TEST_IMAGES is not set: tests/run images builds them")
    file = Path(folder) / name
    return Image(Path(f"{file}.root").read_text().strip(),
                 json.loads(Path(f"{file}.json").read_text()))


@pytest.fixture(scope="session")
def image():
    return open_image("accoil-intercom")


@pytest.fixture(scope="session")
def simulator_image():
    return open_image("accoil-intercom-simulator")


@pytest.fixture(scope="session")
def base_image():
    return open_image("debian")


@pytest.fixture(scope="session")
def variables(tmp_path_factory):
    """What make-env writes for trying the suite with the simulator."""
    return compose.make_env(tmp_path_factory.mktemp("env") / "made", "--with-simulator")


@pytest.fixture(scope="session")
def running(image, variables, tmp_path_factory):
    """Every service with the environment that Compose gives it, but for where others are found,
    started from the image as its user."""
    folder = tmp_path_factory.mktemp("services")
    provision_database(variables)
    services = compose.read(variables)["services"]
    admin = dict(zip(compose.SERVICES, free_ports(len(compose.SERVICES))))
    main = dict(zip(compose.SERVICES, free_ports(len(compose.SERVICES))))
    processes = {}
    try:
        for name in compose.SERVICES:
            own_ports = {"ACCOIL_ADMIN_ADDRESS": admin[name], "ACCOIL_GRPC_ADDRESS": main[name],
                         "ACCOIL_HTTP_ADDRESS": main[name]}
            environment = image.environment | moved(services[name]["environment"], own_ports, main)
            processes[name] = Process(name, image.command(*services[name]["command"]), environment,
                                      folder, f"127.0.0.1:{admin[name]}")
            processes[name].start()
        for process in processes.values():
            wait_until(process.ready, 60, lambda: f"{process.name} is ready: {process.log_tail()}")
        yield processes
    finally:
        for process in reversed(processes.values()):
            process.stop()


def moved(environment, own_ports, main_ports):
    """The environment that Compose gives a service, where all of them share one network, and
    PostgreSQL and Kafka are the tests' own."""
    server = urllib.parse.urlsplit(os.environ["ACCOIL_TEST_POSTGRES_URL"])
    moved_environment = dict(environment)
    for name, value in environment.items():
        if name == "ACCOIL_KAFKA_BROKERS":
            moved_environment[name] = os.environ["ACCOIL_TEST_KAFKA_BROKERS"]
        elif name == "ACCOIL_POSTGRES_URL":
            moved_environment[name] = value.replace("@postgres:5432/",
                                                    f"@{server.hostname}:{server.port}/")
        elif name in own_ports:
            host, _ = value.split(":")
            moved_environment[name] = f"{host}:{own_ports[name]}"
        elif name.endswith("_ADDRESS"):
            host, _ = value.split(":")
            moved_environment[name] = f"127.0.0.1:{main_ports[host]}"
    return moved_environment


def provision_database(variables):
    """A database with the roles and schemas, by the script that Compose runs."""
    url = os.environ["ACCOIL_TEST_POSTGRES_URL"]
    server = urllib.parse.urlsplit(url)
    subprocess.run(["psql", "-X", "-q", "-c", "CREATE DATABASE accoil", url], check=True)
    made = compose.read(variables)["services"]["provision"]["environment"]
    environment = made | {
        "PATH": os.environ["PATH"],
        "PGHOST": server.hostname,
        "PGPORT": str(server.port),
        "PGUSER": server.username,
        "PGPASSWORD": server.password,
        "PROVISION_SQL": str(compose.REPOSITORY / "deploy/local/provision.sql"),
    }
    # Again is no error.
    for _ in range(2):
        subprocess.run([compose.DOCKER / "provision"], env=environment, check=True, timeout=60)

"""The image is small, runs as nobody who matters, and has every service in it."""

import json
import signal
import stat
import subprocess

import pytest
import requests

import compose

MEGABYTE = 1_000_000


def test_the_image_is_small(image, base_image):
    added = image.size() - base_image.size()
    print(f"\nimage {image.size() / MEGABYTE:.0f} MB, of which {added / MEGABYTE:.0f} MB are ours")
    assert image.size() < 160 * MEGABYTE
    assert added < 85 * MEGABYTE


def test_the_simulator_comes_without_the_services(simulator_image):
    programs = [path.name for path in (simulator_image.root / "usr/local/bin").iterdir()]
    assert programs == ["intercom-simulator"]
    assert simulator_image.run(simulator_image.command("--help")).returncode == 0


@pytest.mark.parametrize("name", ["image", "simulator_image"])
def test_its_user_is_a_number_and_not_root(name, request):
    user, group = request.getfixturevalue(name).user.split(":")
    assert int(user) > 1000 and int(group) > 1000


def test_nothing_in_it_can_be_changed_by_the_user_or_makes_somebody_else_of_him(image):
    user, group = map(int, image.user.split(":"))
    for path, status in image.files():
        assert user != status.st_uid and group != status.st_gid, path
        assert not (stat.S_ISREG(status.st_mode) and status.st_mode & (stat.S_ISUID | stat.S_ISGID)
                    ), path
        open_to_all = status.st_mode & stat.S_IWOTH and not stat.S_ISLNK(status.st_mode)
        assert not open_to_all or status.st_mode & stat.S_ISVTX, path


def test_there_is_nothing_in_it_to_build_with(image):
    programs = {path.name for path, _ in image.files() if path.parent.name in ("bin", "sbin")}
    assert not programs & {"g++", "gcc", "cc1plus", "cmake", "ninja", "curl"}


def test_it_says_what_it_is(image):
    labels = image.config["Labels"]
    assert labels["org.opencontainers.image.title"] == "accoil-intercom"
    assert f"VERSION {labels['org.opencontainers.image.version']} " in (
        compose.REPOSITORY / "CMakeLists.txt").read_text()
    assert labels["org.opencontainers.image.revision"] != ""


def test_it_is_stopped_by_the_signal_that_services_finish_on(image):
    assert image.config["StopSignal"] in ("SIGTERM", str(int(signal.SIGTERM)))


def test_it_has_every_service(image):
    said = image.run(image.command())
    assert said.returncode == 2
    assert said.stderr.splitlines()[-1] == "SERVICE is one of: " + " ".join(compose.SERVICES)


@pytest.mark.parametrize("service", ["nonsense", "../sh"])
def test_a_service_that_there_is_not_is_an_error(image, service):
    assert image.run(image.command(service)).returncode == 2


@pytest.mark.parametrize("service", compose.SERVICES)
def test_a_service_without_settings_says_what_is_missing(image, service):
    said = image.run(image.command(service))
    assert said.returncode == 2
    assert "ACCOIL_ADMIN_ADDRESS: is required and not set" in said.stderr.splitlines()


@pytest.mark.parametrize("service", compose.SERVICES)
def test_a_service_runs_as_the_user_on_a_root_that_is_read_only(image, running, service):
    process = running[service]
    for path in ("healthz", "readyz"):
        answer = requests.get(f"http://{process.admin}/{path}", timeout=5)
        assert answer.status_code == 200, answer.text
    status = dict(line.split(":\t", 1) for line in
                  open(f"/proc/{process.pid}/status", encoding="utf-8").read().splitlines())
    user, group = image.user.split(":")
    assert set(status["Uid"].split()) == {user} and set(status["Gid"].split()) == {group}
    assert set(status["Groups"].split()) <= {group}
    assert int(status["CapEff"], 16) == 0


@pytest.mark.parametrize("service", compose.SERVICES)
def test_a_service_knows_the_commit_that_it_was_built_from(image, running, service):
    revision = image.config["Labels"]["org.opencontainers.image.revision"]
    assert running[service].metric("accoil_build_info", commit=revision) == 1


@pytest.mark.parametrize("service", compose.SERVICES)
def test_the_health_check_tells_a_service_that_runs_from_one_that_does_not(image, running, service):
    settings = running[service].environment
    assert image.run(image.health_command(), settings).returncode == 0
    nobody = settings | {"ACCOIL_ADMIN_ADDRESS": "0.0.0.0:1"}
    assert image.run(image.health_command(), nobody).returncode == 1


@pytest.mark.parametrize("service", [name for name in compose.SERVICES if name != "gateway"])
def test_a_schema_can_be_migrated_apart(image, running, service):
    said = image.run(image.command(service, "migrate"), running[service].environment)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout.splitlines()[-1])["message"] == "the schema is up to date"


def test_every_service_leaves_when_it_is_asked_to(running):
    # The last test: nothing runs after it. Whoever is asked for by others goes last.
    for service in reversed(compose.SERVICES):
        assert running[service].stop() == 0, running[service].log_tail()

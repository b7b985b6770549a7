"""compose.yaml says what Docker Compose understands and what the services read."""

import json
import re
import xml.etree.ElementTree

import compose_spec
import pytest
import yaml

import compose


@pytest.fixture(scope="session")
def content(variables):
    return compose.read(variables)


def settings(image, service):
    said = image.run(image.command(service, "settings"))
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)


@pytest.mark.parametrize("arguments", [[], ["--with-simulator"]])
def test_it_is_as_the_compose_specification_says(arguments, tmp_path):
    content = compose.read(compose.make_env(tmp_path / "made", *arguments))
    compose_spec.PyCompose.from_yaml(yaml.safe_dump(content)).validate()


def test_what_is_misspelt_is_found(content):
    wrong = content | {"services": {"gateway": content["services"]["gateway"] | {"comand": []}}}
    with pytest.raises(ValueError, match="comand"):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(wrong))


def test_it_has_every_service_with_an_image(content):
    assert set(compose.SERVICES) < set(content["services"])
    for name, service in content["services"].items():
        assert re.fullmatch(r"[\w./-]+:[\w.-]+", service["image"]), name


def test_it_stops_without_its_secrets():
    with pytest.raises(AssertionError, match="run deploy/docker/make-env"):
        compose.read({})


def test_secrets_are_made_once(variables, tmp_path):
    file = tmp_path / "made"
    made = compose.make_env(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert made["ACCOIL_OPERATOR_KEY"] != variables["ACCOIL_OPERATOR_KEY"]
    with pytest.raises(Exception):
        compose.make_env(file)


@pytest.mark.parametrize("service", compose.SERVICES)
def test_a_service_is_given_nothing_that_it_does_not_read_and_all_that_it_needs(image, content,
                                                                                 service):
    given = set(content["services"][service]["environment"])
    known = settings(image, service)
    assert given <= {setting["name"] for setting in known}
    assert given >= {setting["name"] for setting in known if setting["required"]}


@pytest.mark.parametrize("service", compose.SERVICES)
def test_a_service_is_as_locked_up_as_in_production(content, service):
    settings_of = content["services"][service]
    assert settings_of["command"] == [service]
    assert settings_of["read_only"] is True
    assert settings_of["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in settings_of["security_opt"]


def test_kafka_is_the_one_that_the_tests_run_with(content):
    pom = xml.etree.ElementTree.parse(compose.REPOSITORY / "deploy/local/kafka/pom.xml")
    space = {"m": "http://maven.apache.org/POM/4.0.0"}
    [version] = [dependency.findtext("m:version", namespaces=space)
                 for dependency in pom.iterfind(".//m:dependency", space)
                 if dependency.findtext("m:artifactId", namespaces=space) == "kafka_2.13"]
    assert content["services"]["kafka"]["image"] == f"apache/kafka:{version}"

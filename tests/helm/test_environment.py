"""The environment that the chart gives a service is exactly the one that the service reads."""

import json
import re

import pytest
import yaml

import chart

each_service = pytest.mark.parametrize("service", chart.SERVICES)


@each_service
def test_a_service_gets_exactly_the_variables_that_it_reads(objects, settings, service):
    plain, secret = objects.environment(service)
    assert not set(plain) & set(secret)
    assert set(plain) | set(secret) == set(settings[service])


@each_service
def test_what_is_secret_comes_from_a_secret_and_nothing_else_does(objects, settings, service):
    _, secret = objects.environment(service)
    assert set(secret) == {name for name, one in settings[service].items()
                           if one["kind"] == "secret"}


@each_service
def test_what_a_service_needs_is_set(objects, settings, service):
    plain, secret = objects.environment(service)
    for name, one in settings[service].items():
        if one["required"]:
            assert plain.get(name) or secret[name]["optional"] is False, name


@each_service
def test_the_chart_s_defaults_are_the_code_s(settings, service):
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
    for name, value in values["services"][service]["settings"].items():
        assert str(value) == settings[service][name]["default"], name


@each_service
def test_the_schema_knows_a_service_s_settings(settings, service):
    schema = json.loads((chart.CHART / "values.schema.json").read_text())
    values = yaml.safe_load((chart.CHART / "values.yaml").read_text())
    known = schema["properties"]["services"]["properties"][service]["properties"]["settings"]
    assert set(known["properties"]) == set(values["services"][service]["settings"])
    assert known["additionalProperties"] is False


def test_every_program_knows_the_settings_of_all_programs(settings):
    """So that what another one reads is not taken for a misspelt setting."""
    code = (chart.REPOSITORY / "libs/service/suite_settings.h").read_text()
    known, secrets = (re.findall(r'"(ACCOIL_[A-Z_]+)"', part)
                      for part in code.split("kSuiteSecrets"))
    kinds = {name: one["kind"] for own in settings.values() for name, one in own.items()}
    assert known == sorted(kinds)
    assert secrets == sorted(name for name, kind in kinds.items() if kind == "secret")


def test_nothing_of_the_cluster_s_is_mistaken_for_a_setting(objects):
    for name, spec in objects.pods():
        assert spec["enableServiceLinks"] is False, name


def test_numbers_are_written_as_services_read_them(trial):
    plain, _ = trial.environment("gateway")
    assert plain["ACCOIL_HTTP_MEMORY"] == "268435456"


def test_a_setting_may_be_changed_and_makes_new_pods():
    change = "services.matcher.settings.ACCOIL_MATCH_INTERVAL=3h"
    before, after = chart.render("values-trial.yaml"), chart.render("values-trial.yaml", change)
    assert after.environment("matcher")[0]["ACCOIL_MATCH_INTERVAL"] == "3h"

    def annotations(objects, service):
        return objects.one("Deployment", service)["spec"]["template"]["metadata"]["annotations"]

    assert annotations(before, "matcher") != annotations(after, "matcher")
    assert annotations(before, "widget") == annotations(after, "widget")


def test_services_find_one_another_by_their_services(objects):
    services = objects.of("Service")
    for service in chart.SERVICES:
        for name, value in objects.environment(service)[0].items():
            if name.endswith("_ADDRESS") and not value.startswith("0.0.0.0:"):
                host, port = value.rsplit(":", 1)
                assert int(port) in [one["port"] for one in services[host]["spec"]["ports"]]


def test_with_sasl_the_password_is_needed_and_without_it_not(trial, production):
    for service in chart.SERVICES:
        assert trial.environment(service)[1]["ACCOIL_KAFKA_SASL_PASSWORD"]["optional"] is True
        assert production.environment(service)[1]["ACCOIL_KAFKA_SASL_PASSWORD"]["optional"] is False


def test_with_an_oauth_app_its_secret_is_needed_and_without_it_not(trial, production):
    for objects, optional in ((trial, True), (production, False)):
        secret = objects.environment("connections")[1]["ACCOIL_INTERCOM_CLIENT_SECRET"]
        assert secret["optional"] is optional


def test_files_that_variables_name_are_mounted(objects):
    for service in chart.SERVICES:
        spec = objects.one("Deployment", service)["spec"]["template"]["spec"]
        mounts = {one["mountPath"]: one["name"] for one in
                  spec["containers"][0].get("volumeMounts", [])}
        assert set(mounts.values()) == {one["name"] for one in spec.get("volumes", [])}
        for name, value in objects.environment(service)[0].items():
            if name.endswith("_FILE") and value:
                assert value.rsplit("/", 1)[0] in mounts, name


def test_migrations_get_what_migrating_reads(objects, settings):
    jobs = objects.of("Job")
    with_schema = {service for service in chart.SERVICES
                   if "ACCOIL_POSTGRES_URL" in settings[service]}
    assert set(jobs) == {f"{chart.FULL_NAME}-{service}-migrate" for service in with_schema}
    for service in with_schema:
        job = jobs[f"{chart.FULL_NAME}-{service}-migrate"]
        [container] = job["spec"]["template"]["spec"]["containers"]
        assert container["args"] == [service, "migrate"]
        assert {one["name"] for one in container["env"]} == {
            name for name in settings[service] if name.startswith("ACCOIL_POSTGRES_")
        } | {"ACCOIL_LOG_LEVEL"}

"""Every program is started, used as it is meant to be, and asked to stop: it ends by itself, has
given back all that it took, and no sanitizer has a word to say."""

import json
import subprocess
import uuid

from processes import Process, wait_until
from suite import SERVICES
from tenant import Tenant

# What the sanitizers begin their reports with.
REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
           ": runtime error: ")
# An instrumented program on a busy machine is slow, and none of this is about time.
PATIENCE = 180


def complaints(suite):
    """The first lines of every report, by program."""
    found = {}
    for log in sorted(suite.folder.glob("*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines):
            if any(report in line for report in REPORTS):
                found.setdefault(log.stem, []).append("\n".join(lines[number:number + 40]))
    return found


def stop_all(suite):
    """The exit status of every program, stopped in reverse order, slowly if need be."""
    processes = [process for service in reversed(SERVICES)
                 for process in suite.replicas[service]] + [suite.simulator_process]
    return {process.name: process.stop(PATIENCE) for process in processes}


def assert_ended_well(suite):
    statuses = stop_all(suite)
    found = complaints(suite)
    assert not found, "\n\n".join(f"{name}:\n" + "\n".join(reports[:3])
                                  for name, reports in found.items())
    assert set(statuses.values()) == {0}, statuses


class PatientTenant(Tenant):
    """Sends again what was not acknowledged in time, as the gateway's answer says."""

    def send(self, items):
        items = list(items)
        wait_until(lambda: self.gateway.send_raw(self.product, items).status_code == 202, PATIENCE,
                   "the gateway takes the items")


def use(suite):
    """A little of everything: data by REST and by Kafka, a match, a tag by a rule and one by hand,
    lists, a canvas, a webhook, bad requests, reports."""
    tenant = PatientTenant(suite, "used", users=6, accounts=2)
    tenant.connect()
    user = tenant.users[0]
    wait_until(lambda: tenant.value(user, "TrialUsers_Score") is not None,
               PATIENCE, "a score is in Intercom")

    rule = {"name": "engaged", "profile_id": "trial", "kind": "user",
            "trigger": {"type": "custom", "condition": "Score > 50"},
            "actions": [{"type": "add-tag", "tag": "engaged", "target": "user"}]}
    made = tenant.gateway.create_rule(tenant.product, rule)
    wait_until(lambda: not tenant.gateway.rule(tenant.product, made["rule_id"])["settling"],
               PATIENCE, "the rule has looked at everybody")
    tenant.send([tenant.trait("Score", 77, user_id=user)])
    wait_until(lambda: "engaged" in tenant.tags(user), PATIENCE, "the rule has tagged")
    tenant.gateway.tag(tenant.product, {"tag": "by-hand", "target": "user",
                                        "users": [tenant.users[1]]}, str(uuid.uuid4()))
    wait_until(lambda: "by-hand" in tenant.tags(tenant.users[1]), PATIENCE, "tagged by hand")

    wait_until(lambda: "Trial Users" in tenant.canvas(user).text, PATIENCE, "the widget knows")
    tenant.canvas(user).click("tab", tab="user")
    tenant.intercom.update_contact(tenant.contact(user)["id"], name="Another")
    wait_until(suite.webhooks_applied, PATIENCE, "the webhook is applied")
    assert tenant.gateway.subjects(tenant.product, "users", profile="trial", condition="Score > 50")
    for kind, subject in (("user", user), ("account", tenant.accounts[0])):
        tenant.gateway.explain(tenant.product, kind, subject)
    tenant.gateway.problems(tenant.product)
    tenant.gateway.sync(tenant.product)
    suite.kafka.produce("trait-changed", "no/such/key", b"\xff\x00 no event")
    assert suite.post_webhook(b"{}", signature="sha1=00").status_code == 401
    assert suite.post_canvas("initialize", b"[", None).status_code == 401
    for process in suite.running():
        process.metrics_text()


def test_every_service_is_used_and_stops_without_a_complaint(suite):
    suite.start()
    use(suite)
    assert_ended_well(suite)


def test_services_that_are_stopped_as_soon_as_they_are_ready_leave_nothing(suite):
    suite.start(replicas=(0,))
    assert_ended_well(suite)


def test_services_that_find_no_kafka_stop_without_a_complaint(suite):
    suite.simulator_process.start()
    wait_until(suite.simulator.up, PATIENCE, "the simulator")
    lonely = [Process(f"lonely-{service}", suite.command(service),
                      # Nobody listens there.
                      suite.environment(service) | {"ACCOIL_KAFKA_BROKERS": "127.0.0.1:1"},
                      suite.folder) for service in SERVICES]
    for process in lonely:
        process.start()
    for process in lonely:
        wait_until(lambda process=process: any(process.log_lines()), PATIENCE,
                   f"{process.name} says something")
    # Without Kafka a service may as well give up by itself.
    for process in lonely:
        process.stop(PATIENCE)
    assert not complaints(suite)


def test_commands_end_without_a_complaint(suite, tmp_path):
    for service in SERVICES:
        for arguments in (["settings"], ["--help"]):
            done = subprocess.run(suite.command(service, *arguments), capture_output=True,
                                  text=True, timeout=PATIENCE,
                                  env=suite.replicas[service][0].environment)
            assert done.returncode == 0, done.stderr
            assert not any(report in done.stderr for report in REPORTS), done.stderr
            if arguments == ["settings"]:
                json.loads(done.stdout)
    made = subprocess.run([suite.program("demo-data"), "--out", tmp_path / "demo"],
                          capture_output=True, text=True, timeout=PATIENCE)
    assert made.returncode == 0, made.stderr

"""One trace id shows the whole way of a piece of work in the logs."""

import hashlib
import hmac
import json
import secrets

import requests
import trace_lines
from processes import wait_until


def steps(suite, trace_id):
    """(service, message) of the trace's lines, in order of time."""
    logs = [process.log_path for process in suite.running()]
    return [(line["service"], line["message"]) for line in trace_lines.lines_of(trace_id, logs)]


def in_order(wanted, found):
    """Whether all that is wanted was found, in this order, whatever else is between."""
    rest = iter(found)
    return all(step in rest for step in wanted)


def key_of(suite):
    """An API key of the product."""
    return suite.operator.create_api_key(suite.product, ["ingest", "read"])["api_key"]


def post(suite, path, body, **headers):
    return requests.post(suite.public_url + path, data=body, timeout=10,
                         headers={"Content-Type": "application/json"} | headers)


def test_one_trace_id_shows_the_way_of_a_change_from_the_gateway_to_the_call_of_intercom(
        suite, demo):
    user, _ = demo.users[20]
    trace_id = secrets.token_hex(16)
    item = suite.trait("Score", 120, user_id=user)
    suite.facts.add(item)
    answer = post(suite, f"/v1/products/{suite.product}/batch", json.dumps({"items": [item]}),
                  Authorization=f"Bearer {key_of(suite)}",
                  traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-01")
    assert answer.status_code == 202, answer.text
    assert answer.headers["traceparent"].split("-")[1] == trace_id
    way = [("gateway", "items are in Kafka"), ("trait-sync", "events were applied"),
           ("trait-sync", "Intercom was called"), ("trait-sync", "a delivery was acknowledged")]
    wait_until(lambda: in_order(way, steps(suite, trace_id)), 20,
               lambda: f"the way of the change: {steps(suite, trace_id)}")
    # What serves the Inbox belongs to the same trace.
    assert ("widget", "events were applied") in steps(suite, trace_id)
    suite.await_state(20)


def test_one_trace_id_shows_the_way_of_a_user_to_the_decision_about_the_match(suite, demo):
    trace_id = secrets.token_hex(16)
    user = {"type": "user", "user_id": "traced", "email": "nobody@nowhere.example",
            "version": suite.version()}
    suite.facts.add(user)
    answer = post(suite, f"/v1/products/{suite.product}/batch", json.dumps([user]),
                  Authorization=f"Bearer {key_of(suite)}",
                  traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-01")
    assert answer.status_code == 202, answer.text
    way = [("gateway", "items are in Kafka"), ("matcher", "events were applied"),
           ("matcher", "a user's match was decided"), ("matcher", "an event was published"),
           ("trait-sync", "events were applied")]
    wait_until(lambda: in_order(way, steps(suite, trace_id)), 20,
               lambda: f"the way of the user: {steps(suite, trace_id)}")
    # Nobody looks for them during other tests.
    suite.send([{"type": "user", "user_id": "traced", "removed": True,
                 "version": suite.version()}])
    suite.await_settled(20)


def test_one_trace_id_shows_a_canvas_at_both_ends_of_its_grpc_call(suite, demo):
    trace_id = secrets.token_hex(16)
    workspace = suite.gateway.connection(suite.product)["workspace_id"]
    body = json.dumps({"workspace_id": workspace, "admin": {"id": "1"},
                       "contact": {"id": demo.users[0][1].id, "role": "user"}}).encode()
    signature = hmac.new(suite.client_secret.encode(), body, hashlib.sha256).hexdigest()
    answer = post(suite, "/intercom/canvas/initialize", body, **{"X-Body-Signature": signature},
                  traceparent=f"00-{trace_id}-{secrets.token_hex(8)}-01")
    assert answer.status_code == 200, answer.text
    way = [("widget", "a canvas was rendered"), ("gateway", "request answered")]
    wait_until(lambda: in_order(way, steps(suite, trace_id)), 5,
               lambda: f"the way of the canvas: {steps(suite, trace_id)}")


def test_a_request_without_a_trace_is_given_one_and_told_it(suite, demo):
    answer = requests.get(suite.public_url + f"/v1/products/{suite.product}/sync", timeout=10,
                          headers={"Authorization": f"Bearer {key_of(suite)}"})
    version, trace_id, parent_id, flags = answer.headers["traceparent"].split("-")
    assert (version, len(trace_id), len(parent_id)) == ("00", 32, 16)
    assert flags in ("00", "01")


def test_a_trace_that_is_not_sampled_leaves_no_steps_in_the_logs(suite, demo):
    trace_id = secrets.token_hex(16)
    answer = requests.get(suite.public_url + f"/v1/products/{suite.product}/sync", timeout=10,
                          headers={"Authorization": f"Bearer {key_of(suite)}",
                                   "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-00"})
    assert answer.headers["traceparent"].endswith("-00")
    assert steps(suite, trace_id) == []

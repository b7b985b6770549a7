"""Intercom's rate limit: used to the full, never passed."""

import time

LIMIT = 200
USED_AT_LEAST = 0.97


def test_two_replicas_use_the_limit_to_the_full_and_never_pass_it(suite, demo):
    second = suite.replicas["trait-sync"][1]
    second.start()
    suite.await_ready([second])
    suite.simulator.set_limit(LIMIT)
    suite.send(suite.trait("Score", 301, user_id=user) for user, _ in demo.users[1000:1900])

    waiting = []  # moments at which work waited that may be done
    while not suite.settled():
        summary = suite.gateway.sync(suite.product)
        if summary["due"] > 0 and summary["oldest_due_ms"] > 0:
            waiting.append(time.time())
        time.sleep(0.1)
    assert suite.compare().differences == []

    began, ended = waiting[0], waiting[-1]
    windows = suite.simulator.windows()
    full = [window for window in windows
            if window["start"] >= began and window["end"] <= ended]
    assert len(full) >= 3
    assert [window for window in windows if window["end"] > began and window["refused"]] == []
    assert min(window["used"] for window in full) >= USED_AT_LEAST * LIMIT, full
    assert second.stop() == 0

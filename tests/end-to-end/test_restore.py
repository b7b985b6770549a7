"""A database that is restored from a backup is behind Kafka and Intercom: the services catch up."""

from suite import SERVICES

SEGMENT = "Restored"


def changes(suite, users, score):
    """A new score for each of them, and a membership that it tells by."""
    return [item for user, _ in users for item in (
        suite.trait("Score", score, user_id=user),
        {"type": "segment-entered", "profile_id": "trial-users", "user_id": user,
         "segment": f"{SEGMENT} {score}", "version": suite.version()})]


def test_a_restored_database_catches_up_with_all_that_kafka_has(suite, demo, tmp_path):
    users = demo.users[900:1000]
    suite.send(changes(suite, users, 601))
    suite.await_state(60)
    suite.back_up(tmp_path / "backup")
    # In Intercom already when the database forgets it.
    suite.send(changes(suite, users, 602))
    suite.await_state(60)
    services = suite.running()
    assert {process.stop() for process in reversed(services)} == {0}
    suite.restore(tmp_path / "backup")
    # Told while nobody was there.
    suite.produce_trait(suite.trait("Score", 603, user_id=users[0][0]))
    # The gateway last: whom it does not find it asks again only after a while.
    suite.start(replicas=(0,), services=[one for one in SERVICES if one != "gateway"])
    suite.start(replicas=(0,), services=["gateway"])
    suite.await_state(120)
    assert suite.contact(users[0][1].id)["Accoil_TrialUsers_Score"] == 603
    assert suite.contact(users[1][1].id)["Accoil_TrialUsers_Score"] == 602

"""Starting."""

from suite import SERVICES


def test_two_replicas_of_every_service_start_at_once_on_an_empty_database(suite):
    assert len(suite.running()) == 2 * len(SERVICES)
    assert all(process.ready() for process in suite.running())


def test_a_second_replica_stops_without_harm(suite):
    suite.stop_second_replicas()
    assert len(suite.running()) == len(SERVICES)
    assert all(process.ready() for process in suite.running())

"""What is secret stays so: after all that the other tests did, it stands nowhere."""


def test_no_secret_is_in_a_log_an_event_a_metric_or_readable_in_the_database(suite, demo):
    places = dict(suite.everything_written())
    assert len(places) > 15
    secrets = suite.known_secrets()
    assert len(secrets) > 5
    leaks = [f"{kind} in {place}" for place, text in places.items()
             for kind, secret in secrets if secret.encode() in text]
    assert leaks == []

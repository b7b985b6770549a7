"""A link can be cut, slowed and made deaf, and mended."""

import contextlib
import socket
import threading

import pytest

from links import Links


@pytest.fixture
def echo():
    """A server that answers what it is sent, and what it was sent so far."""
    server = socket.create_server(("127.0.0.1", 0))
    heard = []

    def serve(connection):
        with connection, contextlib.suppress(OSError):
            while piece := connection.recv(1000):
                heard.append(piece)
                connection.sendall(piece)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname(), heard
    server.close()


@pytest.fixture
def links(echo):
    found = Links()
    found.open("way", lambda: [echo[0]])
    yield found
    found.close()


def connect(links):
    connection = socket.create_connection(("127.0.0.1", links["way"].port), 10)
    connection.settimeout(10)
    return connection


def ask(connection, text):
    """What is answered; b"" or None when the connection is closed."""
    try:
        connection.sendall(text)
        return connection.recv(1000)
    except ConnectionError:
        return None


def test_what_is_asked_is_answered(links):
    with connect(links) as connection:
        assert ask(connection, b"one") == b"one"
        assert ask(connection, b"two") == b"two"


def test_a_cut_link_closes_what_is_open_and_turns_away_what_comes(links):
    with connect(links) as connection:
        assert ask(connection, b"one") == b"one"
        links.cut("way")
        assert not ask(connection, b"two")
    with connect(links) as connection:
        assert not ask(connection, b"three")
    links.mend("way")
    with connect(links) as connection:
        assert ask(connection, b"four") == b"four"


def test_a_deaf_link_lets_through_what_is_asked_and_loses_the_answer(links, echo):
    with connect(links) as connection:
        assert ask(connection, b"one") == b"one"
        links.deafen("way")
        connection.settimeout(0.3)
        with pytest.raises(TimeoutError):
            ask(connection, b"two")
        assert b"".join(echo[1]) == b"onetwo"
        links.mend("way")
        connection.settimeout(10)
        assert not ask(connection, b"three")


def test_a_slow_link_still_answers(links):
    links.slow("way", 0.05)
    with connect(links) as connection:
        assert ask(connection, b"one") == b"one"


def test_a_target_that_is_gone_is_passed_over(links, echo):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()
    links["way"].targets = lambda: [nobody, echo[0]]
    for _ in range(3):
        with connect(links) as connection:
            assert ask(connection, b"one") == b"one"

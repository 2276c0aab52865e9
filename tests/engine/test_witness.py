"""Promises of crowkis/engine/witness.py: what is private is not seen, passwords not even with the rest."""

import pytest

from crowkis.commands import ALL_WORDS
from crowkis.commands.registry import find
from crowkis.engine.clients import Client
from crowkis.engine.witness import Witness

CLIENT = Client(7, "127.0.0.1:5", True, None, 0)


def seen(engine, text):
    request = text.encode().split()
    witness = Witness(engine, ALL_WORDS, b"salt")
    witness.slow(CLIENT, find(request), request, 3_000_000)
    line = witness.line(CLIENT, find(request), request).decode()
    return line, b" ".join(engine.slowness.calls[0].words).decode()


@pytest.mark.parametrize(
    ("text", "shown", "hidden", "secret"),
    [("SET name value", "name", "value", ""), ("AUTH password", "AUTH", "", "password"), ("GET name", "name", "", ""),
     ("ACL SETUSER alice >password", "alice", "", "password"), ("CSET question answer", "CSET", "answer", ""),
     ("EVAL script 0", "EVAL", "script", "")],
)  # fmt: skip
@pytest.mark.parametrize("previews", [False, True])
def test_what_is_private_is_shown_only_where_the_operator_said_so_and_passwords_never(
    new_engine, text, shown, hidden, secret, previews
):
    engine = new_engine(log_query_previews=previews, slowlog_log_slower_than=0)
    for told in seen(engine, text):
        assert shown in told
        assert not secret or secret not in told
        assert not hidden or (hidden in told) == previews


def test_long_calls_are_events_by_how_fast_the_word_should_be(new_engine):
    engine = new_engine(latency_monitor_threshold=1, slowlog_log_slower_than=0)
    seen(engine, "KEYS *")
    seen(engine, "GET k")

    assert {"command": 3, "fast-command": 3} == engine.slowness.longest_ms

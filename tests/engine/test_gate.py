"""Promises of crowkis/engine/gate.py: who may run what, in which order it is asked."""

import pytest

from crowkis.commands.registry import COMMANDS
from crowkis.engine.clients import Client
from crowkis.engine.gate import House, admit, refusal, token_fits

GET, SET, HELLO = (COMMANDS[name] for name in ("GET", "SET", "HELLO"))


def code(house, client, command):
    admit(client, house)
    error = refusal(client, command, house)
    return error and error.code


def house(token="", loaded=True, stopped=""):
    made = House(token)
    made.loaded, made.writes_stopped = loaded, stopped
    return made


def client(local=True, authenticated=False):
    made = Client(1, "127.0.0.1:5", local, None, 0)
    made.authenticated = authenticated
    return made


@pytest.mark.parametrize(
    ("state", "who", "get", "set_"),
    [
        (house(), client(), None, None),
        (house(), client(local=False), "DENIED", "DENIED"),
        (house(), client(local=False, authenticated=True), "DENIED", "DENIED"),
        (house("t"), client(), "NOAUTH", "NOAUTH"),
        (house("t"), client(local=False), "NOAUTH", "NOAUTH"),
        (house("t"), client(local=False, authenticated=True), None, None),
        (house(loaded=False), client(), "LOADING", "LOADING"),
        (house("t", loaded=False), client(), "NOAUTH", "NOAUTH"),
        (house(stopped="disk"), client(), None, "MISCONF"),
        (house(stopped="disk", loaded=False), client(), "LOADING", "LOADING"),
    ],
)
def test_the_first_refusal_is_told(state, who, get, set_):
    assert (get, set_, None) == tuple(code(state, who, command) for command in (GET, SET, HELLO))


def test_at_the_memory_limit_only_words_that_add_are_refused():
    full = house()
    full.memory_full_bytes = 1 << 20

    refused = {name for name, command in COMMANDS.items() if code(full, client(), command) == "OOM"}

    assert {"SET", "CSET", "APPEND", "MSET", "INCR"} <= refused
    assert refused.isdisjoint({"DEL", "CFLUSH", "FLUSHALL", "CDELETEENTRY", "SWEEP", "GETDEL", "EXPIRE", "GET", "CGET"})
    assert refused == {name for name, command in COMMANDS.items() if command.writes and not command.frees}
    assert not full.normal


def test_a_disk_error_is_told_before_a_full_memory():
    both = house(stopped="disk")
    both.memory_full_bytes = 1

    assert "MISCONF" == code(both, client(), SET)


def test_a_house_is_normal_when_loaded_and_writing():
    assert house().normal
    assert not house(loaded=False).normal
    assert not house(stopped="disk").normal


def test_no_token_fits_where_none_is_set():
    assert token_fits(house("t"), "t")
    for state, token in ((house("t"), ""), (house("t"), "T"), (house("t"), "tt"), (house(), ""), (house("t"), "ť")):
        assert not token_fits(state, token)

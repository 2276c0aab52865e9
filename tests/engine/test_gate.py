"""Promises of crowkis/engine/gate.py: who may run what, in which order it is asked."""

import pytest

from crowkis.commands import ALL_WORDS
from crowkis.commands.registry import COMMANDS
from crowkis.engine.clients import Client
from crowkis.engine.gate import House, Pause, admit, log_in, refusal, regrant, token_fits, waits
from crowkis.guard.access import password_hash
from crowkis.values.access import ALL_KEYS, NEW_DEFAULT, Pattern, User

GET, SET, HELLO = (COMMANDS[name] for name in ("GET", "SET", "HELLO"))


def code(house, client, command):
    admit(client, house)
    error = refusal(client, command, [command.name.encode(), b"k", b"v"], house, ALL_WORDS)
    return error and error.code


def house(token="", loaded=True, stopped="", congested=False):
    made = House(token)
    made.loaded, made.writes_stopped, made.congested = loaded, stopped, congested
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
        (house(congested=True), client(), None, "BUSY"),
        (house(congested=True, stopped="disk"), client(), None, "MISCONF"),
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
    assert not house(congested=True).normal


def test_no_token_fits_where_none_is_set():
    assert token_fits(house("t"), "t")
    for state, token in ((house("t"), ""), (house("t"), "T"), (house("t"), "tt"), (house(), ""), (house("t"), "ť")):
        assert not token_fits(state, token)


ALICE = User(
    "alice", True, False, (password_hash(b"secret"),), ("-@all", "+get", "+set"), (Pattern(b"k", True, False),)
)


def asked(house, client, text):
    command = COMMANDS[text.split()[0]]
    error = refusal(client, command, text.encode().split(), house, ALL_WORDS)
    return error and error.code


def with_users(token="", **users):
    made = house(token)
    made.users = {"default": NEW_DEFAULT} | users
    return made


class TestUsers:
    def test_a_user_may_do_what_its_rules_say_and_every_refusal_is_noted(self):
        state, who = with_users(alice=ALICE), client(local=False)
        assert log_in(who, state, "alice", "secret")

        assert (True, False) == (who.admitted, who.free)
        assert [None, "NOPERM", "NOPERM", "NOPERM"] == [
            asked(state, who, text) for text in ("GET k", "SET k v", "GET other", "DEL k")
        ]
        assert ["command", "key", "key"] == [row.denial.kind for row in state.denials.rows]
        assert {"alice"} == {row.user for row in state.denials.rows}

    def test_what_is_not_allowed_is_told_before_what_is_not_possible(self):
        state, who = with_users(alice=ALICE), client()
        log_in(who, state, "alice", "secret")
        state.writes_stopped = "disk"

        assert ["NOPERM", None] == [asked(state, who, text) for text in ("SET k v", "GET k")]

    def test_who_may_nothing_is_refused_every_word_but_those_before_logging_in(self):
        state, who = with_users(alice=ALICE._replace(words=("-@all",), keys=(ALL_KEYS,), channels=(b"*",))), client()
        log_in(who, state, "alice", "secret")

        allowed = {
            name
            for name, command in COMMANDS.items()
            if refusal(who, command, [*name.encode().split(), b"k", b"1", b"k"], state, ALL_WORDS) is None
        }
        assert {name for name, command in COMMANDS.items() if command.open} == allowed

    def test_who_may_everything_is_free(self):
        everything = User("root", True, True, (), ("+@all",), (ALL_KEYS,), (b"*",))
        state, who = with_users(root=everything), client()
        assert log_in(who, state, "root", "any")

        assert who.free
        regrant(who, everything._replace(keys=()))
        assert (True, False) == (who.admitted, who.free)

    def test_a_failed_log_in_changes_nothing_but_the_log(self):
        state, who = with_users(alice=ALICE, off=ALICE._replace(name="off", on=False)), client()
        log_in(who, state, "alice", "secret")
        for name, password in (("alice", "wrong"), ("off", "secret"), ("nobody", "secret"), ("default", "secret")):
            assert not log_in(who, state, name, password)

        assert (ALICE, True) == (who.account, who.admitted)
        assert {"auth": 4} == state.denials.counts

    def test_a_stranger_is_told_to_log_in_where_there_are_users(self):
        assert "NOAUTH" == code(with_users(alice=ALICE), client(local=False), GET)
        assert "DENIED" == code(with_users(), client(local=False), GET)
        assert "NOAUTH" == code(with_users(default=NEW_DEFAULT._replace(on=False)), client(), GET)

    def test_whoever_is_gone_is_let_in_no_more(self):
        state, who = with_users(alice=ALICE), client()
        log_in(who, state, "alice", "secret")
        state.users = {"default": NEW_DEFAULT}

        assert "DENIED" == code(state, who, GET)
        assert not who.free


class TestPause:
    def test_of_two_pauses_the_later_end_and_the_wider_one_count(self):
        state = house()
        state.pause(50, True)
        state.pause(20, False)

        assert (50, False) == state.paused
        state.unpause()
        assert 0 == state.paused.until_ms

    def test_all_words_wait_but_those_that_end_it_and_those_before_logging_in(self):
        waiting = {name for name, command in COMMANDS.items() if waits(command, Pause(1, False))}

        assert {"GET", "SET", "PING", "CGET", "INFO"} <= waiting
        assert waiting.isdisjoint({"CLIENT UNPAUSE", "CLIENT PAUSE", "AUTH", "HELLO", "QUIT", "RESET"})

    def test_a_pause_of_writes_holds_up_what_writes(self):
        waiting = {name for name, command in COMMANDS.items() if waits(command, Pause(1, True))}

        assert waiting == {name for name, command in COMMANDS.items() if command.writes}

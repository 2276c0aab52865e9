"""Promises of crowkis/engine/transactions.py: a queue is bounded, and looks at numbers of arguments only."""

import pytest

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.registry import COMMANDS
from crowkis.engine import transactions
from crowkis.engine.transactions import Queued, Transaction
from crowkis.values.errors import CommandError

GET, SET, MGET, CGET = (COMMANDS[name] for name in ("GET", "SET", "MGET", "CGET"))


def refusal(transaction, command, *request):
    with pytest.raises(CommandError) as caught:
        transaction.queue(command, list(request))
    return str(caught.value)


def test_calls_are_kept_in_their_order():
    transaction = Transaction()
    transaction.queue(SET, [b"SET", b"k", b"v", b"EX", b"nonsense"])
    transaction.queue(GET, [b"get", b"k"])

    assert [Queued(SET, [b"SET", b"k", b"v", b"EX", b"nonsense"]), Queued(GET, [b"get", b"k"])] == transaction.calls
    assert not transaction.spoiled


def test_a_wrong_number_of_arguments_is_refused():
    transaction = Transaction()

    for command, request in ((GET, [b"GET"]), (GET, [b"GET", b"k", b"l"]), (MGET, [b"MGET"]), (SET, [b"SET", b"k"])):
        assert "wrong number of arguments" in refusal(transaction, command, *request)
    assert [] == transaction.calls


def test_a_word_that_may_wait_is_refused():
    assert "CGET is not allowed inside a transaction" in refusal(Transaction(), CGET, b"CGET", b"question")


def test_the_queue_is_bounded_in_calls_and_in_bytes(monkeypatch):
    monkeypatch.setattr(transactions, "QUEUED_CALLS_MAX", 2)
    monkeypatch.setattr(transactions, "QUEUED_BYTES_MAX", 1_000)
    few, large = Transaction(), Transaction()
    few.queue(GET, [b"GET", b"k"])
    few.queue(GET, [b"GET", b"k"])
    large.queue(SET, [b"SET", b"k", bytes(500)])

    assert "at most 2 calls" in refusal(few, GET, b"GET", b"k")
    assert "1000 bytes" in refusal(large, SET, b"SET", b"k", bytes(500))


def test_every_word_that_can_wait_says_so():
    waiting = {"CGET", "CSET", "CIMGGET", "CGETSTREAM", "CEMBED", "CSIM", "CEXPLAIN", "CDUMP", "CFEEDBACK", "CFLAG",
               "CCHECKBAD", "COMPACT", "CSAVE", "SAVE"}  # fmt: skip

    assert waiting <= {name for name, made in COMMANDS.items() if made.alone}

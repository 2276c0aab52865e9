"""Promises of crowkis/engine/feed.py: MONITOR's lines look like Redis's and hide what is private."""

from crowkis.engine.clients import Client
from crowkis.engine.feed import digest, line


def shown(request, private=None, db=3):
    client = Client(1, "127.0.0.1:5", True, None, 0)
    client.db = db
    return line(client, request, private or [False] * len(request), b"salt", 1_700_000_000_123).decode()


def test_a_line_has_time_database_address_and_words():
    assert '+1700000000.123000 [3 127.0.0.1:5] "GET" "k"\r\n' == shown([b"GET", b"k"])


def test_bytes_are_escaped_so_that_a_line_stays_a_line():
    assert '"a\\"b\\\\\\r\\n\\t\\x00\\xff\\xc5\\xbe"' in shown([b"GET", b'a"b\\\r\n\t\x00\xff\xc5\xbe'])
    assert 1 == shown([b"GET", b"\r\n+OK\r\n"]).count("\r\n")


def test_what_is_private_is_a_length_and_a_digest():
    text = shown([b"CGET", b"my question", b"TENANT", b"acme"], [False, True, False, False])

    assert f'"CGET" "(11 bytes {digest(b"my question", b"salt")})" "TENANT" "acme"' in text
    assert "my question" not in text


def test_equal_texts_have_equal_digests_within_one_run_only():
    assert digest(b"x", b"salt") == digest(b"x", b"salt")
    assert 3 == len({digest(b"x", b"salt"), digest(b"y", b"salt"), digest(b"x", b"other")})
    assert 8 == len(digest(b"x", b"salt"))

"""Promises of crowkis/wire/fields.py: what belongs to one connection or to us does not travel."""

from crowkis.wire.fields import forwarded, key_of, returned


def test_fields_of_a_connection_and_ours_are_kept_back():
    sent = {"host": "here", "connection": "close, X-Once".lower(), "x-once": "1", "transfer-encoding": "chunked",
            "content-length": "3", "accept-encoding": "br", "x-crowkis-key": "secret", "authorization": "Bearer k",
            "openai-organization": "org"}  # fmt: skip

    assert {"authorization": "Bearer k", "openai-organization": "org", "accept-encoding": "identity"} == forwarded(sent)


def test_an_upstream_cannot_say_what_only_the_cache_may_say():
    told = {"content-type": "application/json", "x-cache-match": "exact", "x-crowkis-cache": "hit", "x-request-id": "7"}

    assert {"content-type": "application/json", "x-request-id": "7"} == returned(told)


def test_a_key_is_a_bearer_or_anthropics():
    assert "abc" == key_of({"authorization": "Bearer abc"})
    assert "abc" == key_of({"authorization": "bearer  abc "})
    assert "xyz" == key_of({"x-api-key": "xyz"})
    assert ["", ""] == [key_of({}), key_of({"authorization": "Basic abc"})]

"""Promises of crowkis/wire/fields.py: what belongs to one connection or to us does not travel."""

from crowkis.wire.fields import bearer, forwarded, returned


def test_fields_of_a_connection_and_ours_are_kept_back():
    sent = {"host": "here", "connection": "close, X-Once".lower(), "x-once": "1", "transfer-encoding": "chunked",
            "content-length": "3", "accept-encoding": "br", "x-crowkis-key": "secret", "authorization": "Bearer k",
            "openai-organization": "org"}  # fmt: skip

    assert {"authorization": "Bearer k", "openai-organization": "org", "accept-encoding": "identity"} == forwarded(sent)


def test_an_upstream_cannot_say_what_only_the_cache_may_say():
    told = {"content-type": "application/json", "x-cache-match": "exact", "x-crowkis-cache": "hit", "x-request-id": "7"}

    assert {"content-type": "application/json", "x-request-id": "7"} == returned(told)


def test_a_bearer_is_a_token_of_that_scheme():
    assert "abc" == bearer({"authorization": "Bearer abc"})
    assert "abc" == bearer({"authorization": "bearer  abc "})
    assert ["", ""] == [bearer({}), bearer({"authorization": "Basic abc"})]

"""Promises of crowkis/doors/policies.py: what fields ask for, what is refused, and how long an answer lives."""

import pytest

from crowkis.doors.bodies import RefusedError
from crowkis.doors.policies import policy_of, told_life_s
from crowkis.settings import lifetimes

CHAT = "/v1/chat/completions"


def policy(stores=True, **fields):
    return policy_of({f"x-crowkis-{name.replace('_', '-')}": value for name, value in fields.items()}, "acme", stores)


def test_without_fields_an_answer_is_looked_up_and_stored():
    found = policy()

    assert ("acme", "gateway", True, True, 0, "") == found


@pytest.mark.parametrize(
    ("mode", "read", "write"),
    [("off", False, False), ("read-only", True, False), ("refresh", False, True), (" OFF ", False, False)],
)
def test_one_field_turns_the_cache_off_read_only_or_refreshes(mode, read, write):
    found = policy(cache_control=mode)

    assert (read, write) == (found.read, found.write)


def test_whoever_may_not_store_does_not():
    assert (True, False) == (policy(stores=False).read, policy(stores=False).write)


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"cache_control": "no-store"}, "off, read-only or refresh"), ({"ttl": "0"}, "whole number"),
     ({"ttl": "1.5"}, "whole number"), ({"ttl": "9" * 30}, "whole number"), ({"threshold": "2"}, "from 0 to 1"),
     ({"threshold": "nan"}, "from 0 to 1")],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused(fields, why):
    with pytest.raises(RefusedError, match=why) as refused:
        policy(**fields)
    assert 400 == refused.value.status


def test_a_request_goes_before_a_model_goes_before_a_path():
    told = lifetimes(f"{CHAT}=60,gpt-4*=10,gpt-4o-mini*=5,/v1/embeddings=0")

    assert 7 == told_life_s(told, policy(ttl="7"), CHAT, "gpt-4o")
    assert [10, 5, 60] == [told_life_s(told, policy(), CHAT, name) for name in ("gpt-4o", "gpt-4o-mini-1", "o3")]
    assert 0 == told_life_s(told, policy(), "/v1/embeddings", "text-embedding-3-small")
    assert told_life_s(told, policy(), "/v1/responses", "o3") is None

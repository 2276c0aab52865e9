"""Rules, categories and uses of keys, beside a real redis-server: the same user may do the same here and there."""

from random import Random

import pytest

pytestmark = pytest.mark.process

RULES = """
+get -get +set +mset +del +incr +exists +client|id -client|id +client +config -config|get +@read -@read +@write -@write
+@string -@string +@hash +@keyspace -@keyspace +@fast -@fast +@slow +@connection -@connection -@dangerous -@admin +@all
-@all allcommands nocommands ~a* ~b %R~b %W~b %R~c* %W~a* resetkeys on off
"""
REQUESTS = """
get a | get b | get c1 | get x | set a 1 | set b 1 | set b 1 get | set c1 1 | mget a b | mset a 1 b 2 | mset a 1 x 2
del a | del b | incr a | incr b | exists a | exists c1 | exists x | append b x | setex b 5 v | expire b 5 | ttl c1
type b | hset b f v | hset b f v g w | hget c1 f | hdel b f | hlen c1 | client id | client getname | config get x
flushall | keys * | ping | dbsize | getdel b | setnx b 1
"""


def requests_of(text):
    return [piece.split() for line in text.strip().split("\n") for piece in line.split(" | ")]


def flat(rows):
    return [row for head in rows for row in (head, *head[9])]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("both", [2], indirect=True)
def test_after_the_same_rules_a_user_may_do_the_same(both, seed):
    rng = Random(seed)
    both("ACL", "DELUSER", "twin")
    for _ in range(6):
        for rule in rng.choices(RULES.split(), k=3):
            theirs, ours = both("ACL", "SETUSER", "twin", rule)
            assert theirs == ours, rule
        for request in requests_of(REQUESTS):
            theirs, ours = both("ACL", "DRYRUN", "twin", *request)

            assert (theirs == b"OK") == (ours == b"OK"), (request, both("ACL", "GETUSER", "twin"))


@pytest.mark.parametrize("both", [2], indirect=True)
def test_words_are_in_the_categories_they_are_in_there(both):
    theirs, ours = both("COMMAND")
    known = {row[0]: row for row in flat(theirs)}
    differing = [
        (row[0], sorted({*row[6]} ^ {*known[row[0]][6]}))
        for row in flat(ours)
        if row[0] in known and not row[9] and not known[row[0]][9] and {*row[6]} != {*known[row[0]][6]}
    ]

    assert [] == differing


@pytest.mark.parametrize("both", [2], indirect=True)
def test_words_use_their_keys_as_they_do_there(both):
    for request in requests_of(REQUESTS):
        theirs, ours = both("COMMAND", "GETKEYSANDFLAGS", *request)

        assert theirs == ours, request


@pytest.mark.parametrize("both", [2], indirect=True)
def test_users_are_listed_as_there(both):
    both("ACL", "DELUSER", "twin")
    both("ACL", "SETUSER", "twin", "on", ">x", "~a*", "%R~b", "+@all", "-ping", "&ch*")
    lists = both("ACL", "LIST")

    shown = [next(row for row in rows if b"twin" in row) for rows in lists]
    assert shown[0] == shown[1]
    theirs, ours = both("ACL", "GETUSER", "twin")
    assert theirs == ours

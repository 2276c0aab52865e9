"""Promises of crowkis/guard/access.py: the last rule decides, nothing is allowed that no rule allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.guard.access import (
    RuleError,
    changed,
    channels_shown,
    described,
    hears,
    keys_shown,
    objection,
    opens,
    password_fits,
    password_hash,
    permits,
    unrestricted,
    words_shown,
)
from crowkis.values.access import ALL_KEYS, NEW_DEFAULT, ChannelUse, KeyUse, Pattern, User
from crowkis.values.glob import matcher
from crowkis.values.limits import ACCESS_RULE_BYTES_MAX, ACCESS_RULES_MAX, PASSWORDS_MAX

WORDS = {
    "GET": frozenset({"read", "string", "fast"}),
    "SET": frozenset({"write", "string", "slow"}),
    "CLIENT ID": frozenset({"connection", "slow"}),
    "CLIENT KILL": frozenset({"connection", "admin", "dangerous", "slow"}),
    "CGET": frozenset({"read", "semantic", "slow"}),
}
TARGETS = ["@all", "@read", "@write", "@string", "@dangerous", "@semantic", "get", "set", "client", "client|id", "cget"]
READ, WRITE, LOOK, BOTH = ("RO", "access"), ("OW", "update"), ("RO",), ("RW", "access", "update")
word_rules = st.lists(st.tuples(st.sampled_from("+-"), st.sampled_from(TARGETS)).map("".join), max_size=8)
key_rules = st.lists(
    st.tuples(st.sampled_from([b"~", b"%R~", b"%W~", b"%RW~"]), st.sampled_from([b"a*", b"ab", b"*", b"b?", b""])).map(
        b"".join
    ),
    max_size=5,
)


def known(target):
    return target in TARGETS


def user_of(*rules):
    user = User("alice")
    for rule in rules:
        user = changed(user, rule if isinstance(rule, bytes) else rule.encode(), known)
    return user


def fits(target, name):
    word = name.lower().replace(" ", "|")
    return target in ("@all", word, word.split("|")[0]) or (target[0] == "@" and target[1:] in WORDS[name])


@given(word_rules, st.sampled_from(sorted(WORDS)))
def test_the_last_rule_that_fits_decides_about_a_word(rules, name):
    user = user_of(*rules)
    expected = ([False] + [rule[0] == "+" for rule in rules if fits(rule[1:], name)])[-1]

    assert expected == permits(user.words, name, WORDS[name])


@given(word_rules, key_rules, st.lists(st.sampled_from(["&news", "&n*", "on", "off", ">x", "nopass"]), max_size=4))
def test_what_is_shown_makes_the_same_user_again(words, keys, others):
    user = User("alice")
    for rule in (*words, *keys, *others):
        try:
            user = changed(user, rule if isinstance(rule, bytes) else rule.encode(), known)
        except RuleError:
            continue
    again = User("alice")
    for rule in described(user).split(b" ")[2:]:
        again = changed(again, rule, known) if rule else again

    assert user == again or b"~ " in described(user) + b" "


def test_all_keys_allowed_in_two_rules_need_no_others():
    user = user_of("~a*", "%R~*", "%W~*")

    assert (ALL_KEYS,) == user.keys
    assert user == user_of("~*")


@given(st.sampled_from([READ, WRITE, LOOK, BOTH]), key_rules)
def test_a_key_is_open_where_one_pattern_allows_all_that_is_done(flags, rules):
    user = User("alice")
    for rule in rules:
        try:
            user = changed(user, rule, known)
        except RuleError:
            assert ALL_KEYS in user.keys
    use = KeyUse(b"ab", flags)
    matching = [row for row in user.keys if row.glob in (b"a*", b"ab", b"*")]

    expected = any((row.reads or not use.reads) and (row.writes or not use.writes) for row in matching)
    assert expected == opens(user.keys, use)


def test_reading_one_pattern_and_writing_another_is_not_both():
    patterns = (Pattern(b"a*", True, False), Pattern(b"*b", False, True))

    assert opens(patterns, KeyUse(b"ab", READ))
    assert opens(patterns, KeyUse(b"ab", WRITE))
    assert not opens(patterns, KeyUse(b"ab", BOTH))


def test_the_word_is_told_before_the_keys_and_these_before_the_channels():
    user = user_of("+get", "~a")
    asked = [KeyUse(b"a", READ), KeyUse(b"b", READ)]

    assert ("command", b"client|id") == objection(user, "CLIENT ID", WORDS["CLIENT ID"], asked, [])
    assert ("key", b"b") == objection(user, "GET", WORDS["GET"], asked, [ChannelUse(b"c", False)])
    assert ("channel", b"c") == objection(user, "GET", WORDS["GET"], asked[:1], [ChannelUse(b"c", False)])
    assert objection(user, "GET", WORDS["GET"], asked[:1], []) is None


@pytest.mark.parametrize(
    ("patterns", "channel", "pattern", "heard"),
    [
        ((), b"news", False, False), ((b"n*",), b"news", False, True), ((b"n*",), b"old", False, False),
        ((b"n*",), b"n*", True, True), ((b"n*",), b"ne*", True, False), ((b"*",), b"anything*", True, True),
    ],
)  # fmt: skip
def test_a_glob_of_channels_must_be_allowed_as_it_stands(patterns, channel, pattern, heard):
    assert heard == hears(patterns, ChannelUse(channel, pattern))


@given(st.text("ab*?[]\\^-", max_size=6), st.text("ab*[", max_size=6))
def test_globs_mean_what_they_mean_everywhere(glob, name):
    expected = bool(matcher(glob.encode())(name.encode()))

    assert expected == hears((glob.encode(),), ChannelUse(name.encode(), False))
    assert expected == opens((Pattern(glob.encode(), True, True),), KeyUse(name.encode(), READ))


class TestPasswords:
    @given(st.lists(st.binary(max_size=8), max_size=4), st.binary(max_size=8))
    def test_each_of_them_fits_and_nothing_else(self, known_ones, given_one):
        user = user_of("on", *(b">" + one for one in known_ones))

        assert (given_one in known_ones) == password_fits(user, given_one)
        assert not password_fits(user._replace(on=False), given_one)

    def test_they_come_as_text_or_hash_and_are_kept_as_hash_alone(self):
        hashed = password_hash(b"secret")

        assert user_of(">secret") == user_of("#" + hashed)
        assert (hashed,) == user_of(">secret", ">secret").passwords
        assert () == user_of(">secret", "!" + hashed).passwords
        assert b"secret" not in described(user_of(">secret"))

    def test_nopass_takes_any_until_one_is_given_again(self):
        assert password_fits(user_of("on", ">a", "nopass"), b"anything")
        assert not password_fits(user_of("on", "nopass", ">a"), b"anything")
        assert not password_fits(user_of("on", "nopass", "resetpass"), b"")

    def test_one_too_long_to_be_set_never_fits(self):
        assert not password_fits(user_of("on", "nopass"), b"x" * (ACCESS_RULE_BYTES_MAX + 1))

    def test_there_are_only_so_many(self):
        rules = [f">{number}" for number in range(PASSWORDS_MAX)]
        user_of(*rules)
        with pytest.raises(RuleError, match="at most"):
            user_of(*rules, ">more")


@pytest.mark.parametrize(
    "rule",
    ["", "x", "get", "+nothing", "-@nothing", "+", "+@", "%~a", "%X~a", "%Ra", "<absent", "!" + "0" * 64, "#ABC",
     "#" + "G" * 64, "(~a)", "allstuff", "+get set"],
)  # fmt: skip
def test_a_rule_that_means_nothing_is_refused(rule):
    with pytest.raises(RuleError):
        user_of(rule)


@given(st.binary(max_size=12))
def test_no_rule_fails_in_another_way_and_no_password_is_told(rule):
    told = ""
    try:
        user_of(rule)
    except RuleError as error:
        told = str(error)

    assert rule[:1] not in (b">", b"<") or len(rule) < 9 or rule[1:].decode("latin-1") not in told


def test_more_after_everything_is_refused_as_it_would_change_nothing():
    for rules in (("~*", "~a"), ("allkeys", "%R~a"), ("&*", "&a"), ("allchannels", "&a")):
        with pytest.raises(RuleError, match="already"):
            user_of(*rules)


def test_rules_about_the_same_thing_do_not_pile_up():
    assert ("-@all", "+get") == user_of("+get", "-get", "+get").words
    assert ("-@all", "+client") == user_of("+client|id", "+client").words
    assert (Pattern(b"a", True, True),) == user_of("%R~a", "%W~a", "%R~a").keys
    with pytest.raises(RuleError, match="at most"):
        user_of(*(f"~{number}" for number in range(ACCESS_RULES_MAX + 1)))


def test_reset_takes_everything_away():
    assert User("alice") == user_of("on", ">x", "+@all", "~*", "&*", "reset")


def test_only_who_may_everything_is_unrestricted():
    assert unrestricted(NEW_DEFAULT)
    assert unrestricted(user_of("+@all", "~*", "&*"))
    for rules in (
        ("~*", "&*"),
        ("+@all", "&*"),
        ("+@all", "~*"),
        ("+@all", "~*", "&*", "-get"),
        ("+@all", "%R~*", "&*"),
    ):
        assert not unrestricted(user_of(*rules))


def test_parts_are_shown_as_redis_shows_them():
    user = user_of("%R~a", "%W~b", "~c", "&x", "&y", "+@read", "-get")

    assert b"%R~a %W~b ~c" == keys_shown(user)
    assert b"&x &y" == channels_shown(user)
    assert "-@all +@read -get" == words_shown(user)

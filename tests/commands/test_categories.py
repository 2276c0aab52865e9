"""Promises of crowkis/commands/categories.py: every word is in the categories its declaration says, fast or slow."""

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.categories import ACL_CATEGORIES, categories_of, ordered
from crowkis.commands.registry import COMMANDS


def test_every_word_is_in_known_categories_and_either_fast_or_slow():
    for made in COMMANDS.values():
        assert made.categories <= set(ACL_CATEGORIES), made.name
        assert 1 == len(made.categories & {"fast", "slow"}), made.name
        assert not {"read", "write"} <= made.categories, made.name


def test_what_can_change_data_is_never_among_what_reads():
    for made in COMMANDS.values():
        if made.category not in ("server", "connection", "transactions", "pubsub", "scripting") and made.writes:
            assert "write" in made.categories, made.name
            assert "read" not in made.categories, made.name


def test_admin_words_are_dangerous():
    for made in COMMANDS.values():
        assert "admin" not in made.categories or "dangerous" in made.categories, made.name


def test_words_of_the_cache_are_semantic_and_read_or_write():
    assert {"semantic", "read", "slow"} == COMMANDS["CGET"].categories
    assert {"semantic", "write", "slow"} == COMMANDS["CSET"].categories
    assert {"semantic", "write", "dangerous", "slow"} == COMMANDS["CFLUSH"].categories


def test_groups_that_acl_calls_otherwise_are_called_so():
    assert {"sortedset", "write", "fast"} == categories_of("ZADD", "sorted-set", True)
    assert {"transaction", "fast"} == categories_of("MULTI", "transactions", False)
    assert {"list", "set", "sortedset", "read", "dangerous", "slow"} == categories_of("SORT_RO", "list", False)


def test_they_are_shown_in_the_order_of_acl_cat():
    assert ["read", "string", "fast"] == ordered({"fast", "string", "read"})

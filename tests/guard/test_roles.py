"""Promises of crowkis/guard/roles.py: each role's account runs the words its doors need, and no other."""

import pytest

from crowkis.commands.registry import COMMANDS
from crowkis.guard.access import permits
from crowkis.guard.roles import ASK, AUDIT, LOOK, MANAGE, STORE, account
from crowkis.values.access import ROLES


def words_of(role):
    user = account(role, "somebody")
    return {name for name, made in COMMANDS.items() if permits(user.words, name, made.categories)}


def test_every_role_is_known_to_the_doors():
    assert set(ROLES) == ASK | STORE | LOOK | AUDIT | MANAGE
    assert MANAGE < AUDIT
    assert STORE < ASK < LOOK


def test_an_admin_may_everything():
    assert set(COMMANDS) == words_of("admin")


@pytest.mark.parametrize("role", ["writer", "reader", "auditor"])
def test_others_reach_no_plain_key_and_nothing_about_the_server(role):
    reached = [COMMANDS[name] for name in words_of(role)]

    assert {"semantic"} == {made.category for made in reached if made.name != "PING"}
    assert not {"CAPIKEY CREATE", "CQUOTA SET", "CONFIG SET", "FLUSHALL", "GET"} & words_of(role)


def test_only_a_writer_changes_anything_besides_reports():
    assert {"CFEEDBACK"} == {name for name in words_of("reader") if COMMANDS[name].writes}
    assert set() == {name for name in words_of("auditor") if COMMANDS[name].writes}
    assert {"CSET", "CEDIT", "CDELETEKEY", "CFLUSH"} <= words_of("writer")


def test_an_auditor_looks_but_does_not_ask():
    assert {"CSCAN", "CENTRY", "CEXPLAIN", "CTENANTS"} <= words_of("auditor")
    assert "CGET" not in words_of("auditor")

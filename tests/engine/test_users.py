"""Promises of crowkis/engine/users.py: users are kept, there is always a default one, and who listens is told."""

from random import Random

import pytest

from crowkis.engine.users import Users
from crowkis.storage.store import Store
from crowkis.values.access import NEW_DEFAULT, DropUser, PutUser, User

ALICE = User("alice", True, True)


@pytest.fixture
def store(disk):
    return Store.open(disk, Random(1).randbytes)


def recovered(store):
    users = Users(store)
    users.recover()
    return users.by_name


def test_there_is_a_default_user_from_the_beginning(store):
    assert {"default": NEW_DEFAULT} == recovered(store)


def test_what_was_put_and_not_dropped_comes_back(store):
    users = Users(store)
    for record in (PutUser(ALICE), PutUser(User("bob")), PutUser(ALICE._replace(on=False)), DropUser("bob"),
                   PutUser(NEW_DEFAULT._replace(on=False))):  # fmt: skip
        users.apply(record)

    assert {"default": NEW_DEFAULT._replace(on=False), "alice": ALICE._replace(on=False)} == users.by_name
    assert users.by_name == recovered(store)


def test_dropping_who_is_not_there_is_no_error(store):
    users = Users(store)
    users.apply(DropUser("nobody"))

    assert {"default"} == set(users.by_name)


def test_who_listens_is_told_after_each_change(store):
    users, told = Users(store), []
    users.notice = lambda name: told.append((name, name in users.by_name))
    users.apply(PutUser(ALICE))
    users.apply(DropUser("alice"))

    assert [("alice", True), ("alice", False)] == told


def test_memory_grows_and_shrinks_with_them(store):
    users = Users(store)
    users.apply(DropUser("alice"))
    before = users.size_bytes
    users.apply(PutUser(ALICE))
    assert users.size_bytes > before
    users.apply(DropUser("alice"))

    assert before == users.size_bytes

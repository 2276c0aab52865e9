"""Promises of crowkis/engine/access_codec.py: a user is read back as it was, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.access_codec import decode_user, encode_user, user_key
from crowkis.engine.codec import CodecError
from crowkis.values.access import Pattern, User

texts = st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3).map(tuple)
patterns = st.lists(st.builds(Pattern, st.binary(max_size=5), st.booleans(), st.booleans()), max_size=3).map(tuple)
users = st.builds(
    User, st.text(st.characters(codec="utf-8"), min_size=1), st.booleans(), st.booleans(), texts, texts, patterns,
    st.lists(st.binary(max_size=5), max_size=3).map(tuple),
)  # fmt: skip


@given(users)
def test_a_user_comes_back_as_it_was(user):
    assert user == decode_user(encode_user(user))


GOLDEN = (
    b'\x01{"name":"alice","on":true,"nopass":false,"passwords":["ab"],"words":["-@all","+get"],'
    b'"keys":[["612a",true,false]],"channels":["6e"]}'
)


def test_what_the_first_version_wrote_is_read():
    alice = User("alice", True, False, ("ab",), ("-@all", "+get"), (Pattern(b"a*", True, False),), (b"n",))

    assert alice == decode_user(GOLDEN)
    assert GOLDEN == encode_user(alice)
    assert b"ualice" == user_key("alice")


@pytest.mark.parametrize("cut", [0, 1, 10, len(GOLDEN) - 1])
def test_a_cut_user_is_refused(cut):
    with pytest.raises(CodecError):
        decode_user(GOLDEN[:cut])


def test_another_layout_version_is_refused_by_name():
    with pytest.raises(CodecError, match="version 2; this server reads 1"):
        decode_user(b"\x02" + GOLDEN[1:])


@given(st.binary(max_size=40))
def test_no_bytes_make_it_fail_in_another_way(value):
    with pytest.raises(CodecError):
        decode_user(b"\x01" + value)

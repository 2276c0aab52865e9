"""Every reply reads back as what was meant, under both protocols."""

import math

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.values.reply import OK, Encoded, Failure, Push, Simple, Stream
from crowkis.wire.writer import encode, push_part, stream_head, stream_part

NOTHING = object()


def parsed(data: bytes) -> object:
    """The one reply in `data`, as a client reads it."""
    one = hiredis.Reader(notEnoughData=NOTHING)
    one.feed(data)
    reply = one.gets()
    assert one.gets() is NOTHING
    assert reply is not NOTHING
    return reply


def plain(value: object) -> object:
    """Errors as their text, pushes as lists, so that values compare."""
    if isinstance(value, hiredis.ReplyError):
        return ("error", str(value))
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def meant(reply: object, protocol: int) -> object:
    """What a client should read."""
    match reply:
        case Encoded():
            return b"OK"
        case Simple(text):
            return one_line(text).encode()
        case Failure(code, text):
            return ("error", one_line(f"{code} {text}"))
        case Push(items):
            return [meant(item, protocol) for item in items]
        case str():
            return reply.encode()
        case bool():
            return reply if protocol == 3 else int(reply)
        case float() if 1e16 <= abs(reply) < 1e17 and protocol == 2:
            return b"%d" % reply
        case float():
            return reply if protocol == 3 else repr(reply).removesuffix(".0").encode()
        case list():
            return [meant(item, protocol) for item in reply]
        case dict() if protocol == 3:
            return {key: meant(value, protocol) for key, value in reply.items()}
        case dict():
            return [item for key, value in reply.items() for item in (key, meant(value, protocol))]
        case _:
            return reply


def one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ")


texts = st.text(st.characters(codec="utf-8"), max_size=12)
leaves = st.one_of(
    st.sampled_from([None, True, False, OK, b"x" * 1_023, b"x" * 1_024]),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.integers(-2, 1_030),
    st.floats(allow_nan=False),
    st.binary(max_size=12),
    texts,
    st.builds(Simple, texts),
    st.builds(Failure, st.just("ERR"), texts),
)
replies = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.binary(max_size=4), st.integers(0, 2_000)), inner, max_size=4),
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("protocol", [2, 3])
@given(reply=st.one_of(replies, st.builds(Push, st.lists(leaves, max_size=4))))
def test_any_reply_reads_back_as_meant(protocol, reply):
    assert meant(reply, protocol) == plain(parsed(encode(reply, protocol)))


@pytest.mark.parametrize(
    ("reply", "under_2", "under_3"),
    [
        (OK, b"+OK\r\n", b"+OK\r\n"),
        (Simple("a\r\nb"), b"+a  b\r\n", b"+a  b\r\n"),
        (Failure("ERR", "no\nway"), b"-ERR no way\r\n", b"-ERR no way\r\n"),
        (None, b"$-1\r\n", b"_\r\n"),
        (True, b":1\r\n", b"#t\r\n"),
        (False, b":0\r\n", b"#f\r\n"),
        (7, b":7\r\n", b":7\r\n"),
        (-7, b":-7\r\n", b":-7\r\n"),
        (70_000, b":70000\r\n", b":70000\r\n"),
        (1.0, b"$1\r\n1\r\n", b",1\r\n"),
        (0.25, b"$4\r\n0.25\r\n", b",0.25\r\n"),
        (0.1, b"$3\r\n0.1\r\n", b",0.1\r\n"),
        (-12345678901234568.0, b"$18\r\n-12345678901234568\r\n", b",-12345678901234568\r\n"),
        (1e17, b"$5\r\n1e+17\r\n", b",1e+17\r\n"),
        (-math.inf, b"$4\r\n-inf\r\n", b",-inf\r\n"),
        (math.nan, b"$3\r\nnan\r\n", b",nan\r\n"),
        (b"", b"$0\r\n\r\n", b"$0\r\n\r\n"),
        ("\u00e9", b"$2\r\n\xc3\xa9\r\n", b"$2\r\n\xc3\xa9\r\n"),
        ("\ud800", b"$1\r\n?\r\n", b"$1\r\n?\r\n"),
        ([], b"*0\r\n", b"*0\r\n"),
        ([b"a", None], b"*2\r\n$1\r\na\r\n$-1\r\n", b"*2\r\n$1\r\na\r\n_\r\n"),
        ({b"a": 1}, b"*2\r\n$1\r\na\r\n:1\r\n", b"%1\r\n$1\r\na\r\n:1\r\n"),
        (Push([b"a"]), b"*1\r\n$1\r\na\r\n", b">1\r\n$1\r\na\r\n"),
    ],
)
def test_each_kind_has_its_form_under_each_protocol(reply, under_2, under_3):
    assert under_2 == encode(reply, 2)
    assert under_3 == encode(reply, 3)


@given(replies, st.sampled_from([2, 3]))
def test_only_types_that_clients_in_the_field_understand_are_sent(reply, protocol):
    kinds = b"+-:$*" if protocol == 2 else b"+-:$*_,#%"

    assert encode(reply, protocol)[0] in kinds


@pytest.mark.parametrize("reply", [Stream([b"a"], 20, False, 1, None), (1, 2), {1}, object(), [object()]])
def test_what_is_no_reply_is_our_mistake(reply):
    with pytest.raises(TypeError, match="is not a reply"):
        encode(reply, 3)


@given(st.lists(st.binary(max_size=20), max_size=5))
def test_a_streamed_array_reads_as_a_list_of_its_parts(parts):
    assert parts == parsed(stream_head(len(parts)) + b"".join(map(stream_part, parts)))


def test_a_part_under_push_names_its_stream_its_place_and_whether_it_is_the_last():
    reply = parsed(push_part(7, 2, True, b"the end"))

    assert isinstance(reply, hiredis.PushNotification)
    assert [b"cgetstream", 7, 2, 1, b"the end"] == list(reply)

"""However bytes are cut into packets, the reader finds the same requests and the same error."""

import time
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crowkis.values.limits import BULK_BYTES_MAX, FRAME_BYTES_MAX, INLINE_BYTES_MAX, MIB, REQUEST_ARGS_MAX
from crowkis.wire import reader
from crowkis.wire.reader import RequestReader


def as_array(request: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(request) + b"".join(b"$%d\r\n%b\r\n" % (len(arg), arg) for arg in request)


def as_line(request: list[bytes]) -> bytes:
    quoted = (b'"' + b"".join(b"\\x%02x" % byte for byte in arg) + b'"' for arg in request)
    return b" ".join(quoted) + b"\r\n"


def read(*packets: bytes) -> tuple[list[list[bytes]], str]:
    """The requests found and the error, packet by packet."""
    one = RequestReader()
    found = [request for packet in packets for request in one.feed(packet)]
    return found, one.broken


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    at = sorted({place % (len(stream) + 1) for place in places} | {0, len(stream)})
    return [stream[start:stop] for start, stop in pairwise(at)]


def bytewise(stream: bytes) -> list[bytes]:
    return [stream[at : at + 1] for at in range(len(stream))]


arguments = st.one_of(
    st.sampled_from([b"", b"GET", b"key", b"\r\n", b"a\r", b"\n", b"$1\r\n", b"*1\r\n$1\r\na\r\n", b"x" * 1_100]),
    st.binary(max_size=20),
    st.integers(4_090, 4_100).map(lambda size: b"x" * size),
)
requests = st.lists(st.lists(arguments, min_size=1, max_size=6), max_size=6)
places = st.lists(st.integers(0, 50_000), max_size=8)
PIECES = [
    *(b"*", b"$", b"0", b"1", b"2", b"3", b"-1", b"9" * 40, b"\r", b"\n", b"\r\n", b"a", b"abc", b"'", b'"', b" "),
    *(b"*1\r\n", b"*2\r\n", b"*0\r\n", b"*-1\r\n", b"*1025\r\n", b"$0\r\n", b"$1\r\n", b"$3\r\n", b"$-1\r\n"),
    *(b"+a\r\n", b":1\r\n", b"=5\r\ntxt:a\r\n", b"~1\r\n", b"|1\r\n", b"%1\r\n", b">1\r\n", b"_\r\n"),
    *(b"$99999999999\r\n", b"PING\r\n", b"*1\r\n$1\r\na\r\n", b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"),
]
streams = st.one_of(st.lists(st.sampled_from(PIECES), max_size=14).map(b"".join), st.binary(max_size=60))


class TestRequests:
    @settings(deadline=None)
    @given(requests, st.lists(st.booleans(), min_size=6, max_size=6), places)
    def test_requests_come_out_as_they_were_sent_wherever_the_packets_are_cut(self, sent, inline, at):
        fits = [line and sum(map(len, request)) < 10_000 for request, line in zip(sent, inline, strict=False)]
        forms = zip(sent, fits, strict=True)
        stream = b"".join(as_line(request) if line else as_array(request) for request, line in forms)

        assert (sent, "") == read(stream)
        assert (sent, "") == read(*cut(stream, at))

    @settings(deadline=None, max_examples=30)
    @given(st.lists(st.lists(st.binary(max_size=20), min_size=1, max_size=4), max_size=5))
    def test_requests_come_out_as_they_were_sent_byte_by_byte(self, sent):
        assert (sent, "") == read(*bytewise(b"".join(map(as_array, sent))))

    def test_a_long_pipeline_is_read_wherever_its_packets_are_cut(self):
        sent = [[b"SET", b"key:%d" % number, b"\r\n" if number % 400 == 7 else b"v"] for number in range(1_000)]
        stream = b"".join(map(as_array, sent))

        for size in (1, 7, 1_000, 4_096, 16_384, len(stream)):
            assert (sent, "") == read(*(stream[at : at + size] for at in range(0, len(stream), size)))

    def test_a_large_bulk_is_put_together_from_its_packets(self):
        value = bytes(range(256)) * 4_096
        stream = as_array([b"SET", b"k", value]) + as_array([b"PING"])

        for size in (1_000, 65_536, len(stream)):
            packets = [stream[at : at + size] for at in range(0, len(stream), size)]
            assert ([[b"SET", b"k", value], [b"PING"]], "") == read(*packets)

    def test_empty_lines_and_empty_arrays_are_ignored(self):
        assert ([[b"PING"], [b"PING"]], "") == read(b"\r\n\n*0\r\n*-1\r\nPING\r\n \r\n*1\r\n$4\r\nPING\r\n*0\r\n")

    def test_an_unfinished_request_waits(self):
        one = RequestReader()

        assert [] == one.feed(b"*2\r\n$3\r\nGET\r\n$1\r\nk")
        assert [] == one.feed(b"\r")
        assert [[b"GET", b"k"]] == one.feed(b"\n")


class TestDamage:
    @settings(deadline=None, max_examples=500)
    @given(streams, places)
    @example(b"*4\r\n+a\r\n+b\r\n+c\r\n$1\r\nd\r\n*0\r\n*1\r\n$9\r\n", [])
    @example(b"*1\r\n$1\r\naXY*1\r\n", [])
    @example(b"*1\r\n$3\r\nabc\r", [9])
    def test_garbage_never_raises_and_packets_do_not_change_what_is_read(self, stream, at):
        whole = read(stream)

        assert whole == read(*bytewise(stream))
        assert whole == read(*cut(stream, at))

    @settings(deadline=None, max_examples=200)
    @given(requests.filter(len), st.data())
    def test_one_changed_byte_never_raises_and_packets_do_not_change_what_is_read(self, sent, data):
        stream = bytearray(b"".join(map(as_array, sent))[:600])
        for _ in range(data.draw(st.integers(1, 3))):
            stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.sampled_from(b"*$0123456789-+=\r\n a"))
        damaged = bytes(stream)

        assert read(damaged) == read(*bytewise(damaged))

    def test_good_requests_before_a_bad_byte_are_served_and_input_after_it_is_ignored(self):
        one = RequestReader()

        assert [[b"PING"]] == one.feed(as_array([b"PING"]) + b"*1\r\n+PING\r\n" + as_array([b"PING"]))
        assert "Protocol error: expected '$', got '+'" == one.broken
        assert [] == one.feed(as_array([b"PING"]))

    @pytest.mark.parametrize(
        ("stream", "text"),
        [
            (b"*x\r\n", "invalid multibulk length, at most 1024 arguments"),
            (b"*-2\r\n", "invalid multibulk length, at most 1024 arguments"),
            (b"*01\r\n", "invalid multibulk length, at most 1024 arguments"),
            (b"*\r\n", "invalid multibulk length, at most 1024 arguments"),
            (b"*1\n$4\r\nPING\r\n", "invalid multibulk length, at most 1024 arguments"),
            (b"*" + b"1" * 40, "too big multibulk length"),
            (b"*1\r\n$x\r\n", "invalid bulk length, at most 67108864 bytes"),
            (b"*1\r\n$-1\r\n", "invalid bulk length, at most 67108864 bytes"),
            (b"*1\r\n$01\r\na\r\n", "invalid bulk length, at most 67108864 bytes"),
            (b"*1\r\n$" + b"1" * 40, "too big bulk length"),
            (b"*1\r\n*1\r\n$1\r\na\r\n", "expected '$', got '*'"),
            (b"*1\r\n\x00", "expected '$', got byte 0"),
            (b"*1\r\n$1\r\nabc", "expected a line end after the bulk"),
            (b"*1\r\n$5000\r\n" + b"x" * 5_002, "expected a line end after the bulk"),
            (b'SET k "v\r\n', "unbalanced quotes in request"),
            (b"POST / HTTP/1.1\r\n", "this port speaks RESP, not HTTP"),
            (b"host: 127.0.0.1:6379\r\n", "this port speaks RESP, not HTTP"),
        ],
    )
    def test_each_kind_of_damage_has_its_error(self, stream, text):
        assert ([], f"Protocol error: {text}") == read(stream)
        assert ([], f"Protocol error: {text}") == read(*bytewise(stream))

    @pytest.mark.parametrize("kind", "+-:$_#,(!=%~>|")
    def test_other_types_than_arrays_are_refused_at_their_first_byte(self, kind):
        assert ([], f"Protocol error: expected '*', got '{kind}'") == read(kind.encode())

    def test_a_browser_is_cut_off_at_its_host_header(self):
        found, broken = read(b"GET / HTTP/1.1\r\nHost: localhost:6379\r\nX: FLUSHALL\r\n\r\nFLUSHALL\r\n")

        assert [[b"GET", b"/", b"HTTP/1.1"]] == found
        assert "Protocol error: this port speaks RESP, not HTTP" == broken


class TestLimits:
    @pytest.mark.parametrize(
        "stream", [b"*500000000\r\n", b"*1\r\n*500000000\r\n", b"*1\r\n$99999999999\r\n", b">500000000\r\n"]
    )
    def test_a_declared_size_is_refused_at_once_and_nothing_is_allocated_for_it(self, stream):
        tracemalloc.start()
        start = time.perf_counter()
        found, broken = read(stream)
        took_ms = (time.perf_counter() - start) * 1_000
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert [] == found
        assert broken.startswith("Protocol error: ")
        assert took_ms < 10
        assert peak_bytes < 100_000

    def test_as_many_arguments_as_allowed_are_read_and_one_more_is_refused(self):
        most = [b"a"] * REQUEST_ARGS_MAX

        assert ([most], "") == read(as_array(most))
        assert ([], "Protocol error: invalid multibulk length, at most 1024 arguments") == read(as_array([*most, b"a"]))

    def test_a_line_may_hold_as_many_words_as_a_request_arguments(self):
        most = [b"a"] * REQUEST_ARGS_MAX

        assert ([most], "") == read(b" ".join(most) + b"\n")
        error = "Protocol error: too many words in a line, at most 1024 arguments"
        assert ([], error) == read(b" ".join([*most, b"a"]) + b"\n")

    def test_a_bulk_of_the_largest_size_may_begin_and_a_larger_one_is_refused(self):
        assert ([], "") == read(b"*1\r\n$%d\r\n" % BULK_BYTES_MAX)
        error = f"Protocol error: invalid bulk length, at most {BULK_BYTES_MAX} bytes"
        assert ([], error) == read(b"*1\r\n$%d\r\n" % (BULK_BYTES_MAX + 1))

    def test_a_request_whose_arguments_sum_up_beyond_the_limit_is_refused_before_they_arrive(self, monkeypatch):
        monkeypatch.setattr(reader, "FRAME_BYTES_MAX", 10_000)
        half = b"$5000\r\n" + b"x" * 5_000 + b"\r\n"

        assert ([[b"x" * 5_000] * 2], "") == read(b"*2\r\n" + half + half)
        error = "Protocol error: too big request, at most 10000 bytes"
        assert ([], error) == read(b"*3\r\n" + half + half + b"$1\r\n")
        assert FRAME_BYTES_MAX == 128 * MIB

    @pytest.mark.parametrize("packet_bytes", [1_000, 10 * MIB])
    def test_a_line_of_the_largest_size_is_read_and_a_longer_one_is_refused(self, packet_bytes):
        def in_packets(stream: bytes) -> tuple[list[list[bytes]], str]:
            return read(*(stream[at : at + packet_bytes] for at in range(0, len(stream), packet_bytes)))

        assert ([[b"a" * INLINE_BYTES_MAX]], "") == in_packets(b"a" * INLINE_BYTES_MAX + b"\n")
        error = f"Protocol error: too big inline request, at most {INLINE_BYTES_MAX} bytes"
        assert ([], error) == in_packets(b"a" * (INLINE_BYTES_MAX + 1))
        assert ([], error) == in_packets(b"a" * (INLINE_BYTES_MAX + 1) + b"\n")

    def test_tiny_packets_of_a_large_bulk_cost_no_more_memory_than_the_bulk(self):
        one = RequestReader()
        one.feed(b"*1\r\n$2000000\r\n")
        tracemalloc.start()
        for _ in range(500_000):
            one.feed(b"ab")
        held_bytes, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert held_bytes < 2 * MIB

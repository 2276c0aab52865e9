"""How much does RESP cost per request, next to hiredis alone, which checks nothing?

Requests: bytes through Session.receive_data() and requests(), against hiredis.Reader feed() and gets(), same bytes.
Answers: the same with 16 answer() calls and one data_to_send() a packet, against the same without.
Replies: encode() of each kind, against encode() of a small bulk. Prints a table, then the same as JSON.

    python bench/parsing.py [--json FILE] [--seconds 0.2]
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import hiredis

from crowkis.values.reply import OK, Failure, Simple
from crowkis.wire.session import Session
from crowkis.wire.writer import encode

ROUNDS = 15


def array(*arguments: bytes) -> bytes:
    """One request as clients send it."""
    return b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in arguments)


def packets(stream: bytes, size_bytes: int) -> list[bytes]:
    """The stream as a socket would bring it."""
    return [stream[at : at + size_bytes] for at in range(0, len(stream), size_bytes)]


KEY, LINES = b"key:000000012345", b"one line\r\nanother = <b>50%</b>\r\n" * 4
GET, SET = array(b"GET", KEY), array(b"SET", KEY, b"xxx")
CGET = array(b"CGET", b"How do I reset my password if I no longer have access to my e-mail?", b"TENANT", b"acme")
REQUESTS = {
    "GET, 1 a packet": ([GET], 1),
    "SET, 1 a packet": ([SET], 1),
    "GET, 16 a packet": ([GET * 16], 16),
    "SET, 16 a packet": ([SET * 16], 16),
    "CGET, 16 a packet": ([CGET * 16], 16),
    "SET with line breaks, 16 a packet": ([array(b"SET", KEY, LINES) * 16], 16),
    "inline PING, 16 a packet": ([b"PING\r\n" * 16], 16),
    "SET, stream cut every 16 KiB": (packets(SET * 10_000, 16_384), 10_000),
    "SET of 4 KiB": ([array(b"SET", KEY, b"x" * 4_096)], 1),
    "SET of 1 MiB in 64 KiB packets": (packets(array(b"SET", KEY, b"x" * 1_048_576), 65_536), 1),
}
REPLIES = {
    "bytes of 3": b"xxx",
    "bytes of 4 KiB": b"x" * 4_096,
    "small int": 7,
    "large int": 1_700_000_000,
    "None": None,
    "Encoded": OK,
    "str": "some text",
    "float": 0.9731,
    "bool": True,
    "Simple": Simple("QUEUED"),
    "Failure": Failure("ERR", "no such thing"),
    "list of 10 bytes": [b"xxx"] * 10,
    "map of 5": {b"response": b"text", b"similarity": 0.97, b"hit": True, b"age": 12, b"tenant": b"acme"},
}


def best_us(seconds: float, *works: Callable[[], object]) -> list[float]:
    """The quickest of several rounds of each, in microseconds a call, taken in turns: noise only ever adds."""
    best = [float("inf")] * len(works)
    times = []
    for work in works:
        start = time.perf_counter()
        work()
        times.append(max(1, int(seconds / ROUNDS / max(time.perf_counter() - start, 1e-7))))
    for _ in range(ROUNDS):
        for which, work in enumerate(works):
            start = time.perf_counter()
            for _ in range(times[which]):
                work()
            best[which] = min(best[which], (time.perf_counter() - start) / times[which])
    return [took * 1e6 for took in best]


def request_row(name: str, stream: list[bytes], count: int, seconds: float) -> dict[str, object]:
    """One kind of traffic through both."""
    session, parser, nothing = Session(), hiredis.Reader(notEnoughData=None), None

    def ours() -> int:
        found = 0
        for packet in stream:
            session.receive_data(packet)
            found += len(session.requests())
        return found

    def theirs() -> int:
        found = 0
        for packet in stream:
            parser.feed(packet)
            requests = []
            while (request := parser.gets()) is not nothing:
                requests.append(request)
            found += len(requests)
        return found

    assert count == ours()
    bare = not name.startswith("inline")
    ours_us, theirs_us = (took / count for took in best_us(seconds, ours, theirs if bare else ours))
    row: dict[str, object] = {"what": name, "us": round(ours_us, 3), "hiredis_us": None, "ratio": None}
    if bare:
        row |= {"hiredis_us": round(theirs_us, 3), "ratio": round(ours_us / theirs_us, 2)}
    return row


def answer_row(seconds: float) -> dict[str, object]:
    """What keeping the replies in order costs, in order and with the first answer last."""
    session, packet, slots = Session(), GET * 16, range(16)

    def in_order() -> None:
        first = session.slots_taken
        session.receive_data(packet)
        for slot, _ in enumerate(session.requests(), first):
            session.answer(slot, b"$3\r\nxxx\r\n")
        session.data_to_send()

    def reversed_order() -> None:
        first = session.slots_taken
        session.receive_data(packet)
        session.requests()
        for place in slots[::-1]:
            session.answer(first + place, b"$3\r\nxxx\r\n")
        session.data_to_send()

    def requests_only() -> None:
        other.receive_data(packet)
        other.requests()

    other = Session()
    alone, ordered, backwards = (took / 16 for took in best_us(seconds, requests_only, in_order, reversed_order))
    return {"us": round(alone, 3), "in_order_us": round(ordered, 3), "reversed_us": round(backwards, 3),
            "ratio": round(ordered / alone, 2), "ratio_reversed": round(backwards / alone, 2)}  # fmt: skip


def reply_rows(seconds: float) -> list[dict[str, object]]:
    """Each kind of reply under both protocols."""
    rows = []
    for name, reply in REPLIES.items():
        works = (partial(encode, b"xxx", 2), partial(encode, reply, 2), partial(encode, reply, 3))
        small, under_2, under_3 = best_us(seconds, *works)
        rows.append(
            {"what": name, "us": round(under_2, 3), "us_3": round(under_3, 3), "ratio": round(under_2 / small, 2)}
        )
    return rows


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--json", type=Path, help="also write the figures here")
    options.add_argument("--seconds", type=float, default=0.2, help="per figure")
    given = options.parse_args()
    requests = [request_row(name, *work, given.seconds) for name, work in REQUESTS.items()]
    answers = answer_row(given.seconds)
    replies = reply_rows(given.seconds)
    print(f"{'us a request':36}{'ours':>9}{'hiredis':>9}{'ratio':>7}")
    for row in requests:
        print(f"{row['what']:36}{row['us']:>9}{row['hiredis_us'] or '-':>9}{row['ratio'] or '-':>7}")
    print(f"\n16 GET a packet, us a request: {answers['us']}; with answers in order {answers['in_order_us']} "
          f"({answers['ratio']}), in reverse {answers['reversed_us']} ({answers['ratio_reversed']})")  # fmt: skip
    print(f"\n{'us an encode()':36}{'RESP2':>9}{'RESP3':>9}{'/bulk':>7}")
    for row in replies:
        print(f"{row['what']:36}{row['us']:>9}{row['us_3']:>9}{row['ratio']:>7}")
    figures = json.dumps({"requests": requests, "answers": answers, "replies": replies})
    print(figures)
    if given.json:
        given.json.write_text(figures)


if __name__ == "__main__":
    main()

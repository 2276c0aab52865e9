"""Replies leave in the order of the requests, and nothing lands inside a reply that comes in parts."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.wire.session import Session

PING = b"*1\r\n$4\r\nPING\r\n"


def session_with(slots: int) -> Session:
    session = Session()
    session.receive_data(PING * slots)
    session.requests()
    return session


class Twin:
    """A plain list of replies, each a list of parts; the simplest thing that keeps the order."""

    def __init__(self, slots: int) -> None:
        self.replies: list[list[bytes]] = [[] for _ in range(slots)]
        self.done = [False] * slots

    def sent(self) -> bytes:
        out = b""
        for parts, done in zip(self.replies, self.done, strict=True):
            out += b"".join(parts)
            if not done:
                break
        return out

    def ends(self) -> set[int]:
        """The places in the output where no reply is half sent."""
        places, out = {0}, 0
        for parts in self.replies:
            out += sum(map(len, parts))
            places.add(out)
        return places


class TestOrder:
    def test_answers_given_in_order_leave_at_once_in_one_piece(self):
        session = session_with(2)
        session.answer(0, b"+A\r\n")
        session.answer(1, b"+B\r\n")

        assert b"+A\r\n+B\r\n" == session.data_to_send()
        assert b"" == session.data_to_send()

    @given(st.integers(0, 5), st.integers(1, 5), st.integers(0, 5))
    def test_a_run_of_answers_is_the_same_as_each_answer_by_itself(self, before, count, after):
        total = before + count + after
        one, other = session_with(total), session_with(total)
        replies = [b"%d" % slot for slot in range(total)]
        for session in (one, other):
            for slot in range(1, before):
                session.answer(slot, replies[slot])
        one.answer_run(before, replies[before : before + count])
        for slot in range(before, before + count):
            other.answer(slot, replies[slot])
        for session in (one, other):
            if before:
                session.answer(0, replies[0])
        one.answer_run(before + count, replies[before + count :])
        for slot in range(before + count, total):
            other.answer(slot, replies[slot])

        assert b"".join(replies) == other.data_to_send()
        assert b"".join(replies) == one.data_to_send()
        assert (0, 0) == (one.pending_bytes, one.waiting)

    def test_a_waiting_slot_holds_back_later_replies_and_only_those(self):
        session = session_with(3)
        session.answer(0, b"0")
        session.answer(2, b"2")

        assert b"0" == session.data_to_send()
        assert (1, 1) == (session.pending_bytes, session.waiting)

        session.answer(1, b"1")

        assert b"12" == session.data_to_send()
        assert (0, 0) == (session.pending_bytes, session.waiting)

    def test_a_muted_slot_sends_nothing_and_holds_nothing_back(self):
        session = session_with(3)
        session.mute(1)
        session.answer(2, b"2")
        session.answer(0, b"0")

        assert b"02" == session.data_to_send()

    def test_slots_go_on_counting_from_request_to_request(self):
        session = Session()
        session.receive_data(PING * 2)
        session.receive_data(PING)
        first = session.slots_taken

        assert (0, 3) == (first, len(session.requests()))
        assert (3, []) == (session.slots_taken, session.requests())

    def test_answering_a_slot_twice_is_our_mistake(self):
        session = session_with(3)
        session.answer(0, b"0")
        session.answer(2, b"2")

        with pytest.raises(AssertionError):
            session.answer(0, b"0")
        with pytest.raises(AssertionError):
            session.answer(2, b"2")


class TestParts:
    def test_parts_leave_as_they_come_and_later_replies_wait_for_the_end(self):
        session = session_with(2)
        session.begin_parts(0)
        session.answer_part(0, b"a")

        assert b"a" == session.data_to_send()

        session.answer(1, b"1")
        session.answer_part(0, b"b")

        assert b"b" == session.data_to_send()
        assert (1, 1) == (session.waiting, session.pending_bytes)

        session.end_parts(0)

        assert b"1" == session.data_to_send()
        assert (0, 0) == (session.waiting, session.pending_bytes)

    def test_parts_of_a_later_slot_wait_for_their_turn(self):
        session = session_with(3)
        session.begin_parts(1)
        session.answer_part(1, b"a")
        session.begin_parts(2)
        session.answer_part(2, b"x")
        session.end_parts(2)

        assert (b"", 2) == (session.data_to_send(), session.pending_bytes)

        session.answer(0, b"0")

        assert b"0a" == session.data_to_send()

        session.answer_part(1, b"b")
        session.end_parts(1)

        assert b"bx" == session.data_to_send()

    def test_a_push_waits_for_the_end_of_a_reply_in_parts(self):
        session = session_with(2)
        session.push(b"!")
        session.begin_parts(0)
        session.answer_part(0, b"a")
        session.push(b"?")
        session.answer(1, b"1")

        assert b"!a" == session.data_to_send()

        session.end_parts(0)

        assert b"?1" == session.data_to_send()


class TestAgainstATwin:
    @settings(deadline=None, max_examples=300)
    @given(st.integers(1, 8), st.data())
    def test_any_order_of_answers_parts_and_pushes_sends_what_a_plain_list_would(self, slots, data):
        session, twin, sent = session_with(slots), Twin(slots), b""
        plans = data.draw(st.lists(st.integers(0, 3), min_size=slots, max_size=slots))
        steps = [slot for slot, parts in enumerate(plans) for _ in range(parts + 2 if parts else 1)]
        begun: set[int] = set()
        pushes = []
        for slot in data.draw(st.permutations([*steps, -1, -1, -1])):
            if slot < 0:
                push = b"<%d>" % len(pushes)
                pushes.append(push)
                session.push(push)
            elif not plans[slot]:
                twin.replies[slot].append(b"[%d]" % slot)
                twin.done[slot] = True
                session.answer(slot, b"[%d]" % slot)
            elif slot not in begun:
                begun.add(slot)
                session.begin_parts(slot)
            elif len(twin.replies[slot]) < plans[slot]:
                part = b"(%d.%d)" % (slot, len(twin.replies[slot]))
                twin.replies[slot].append(part)
                session.answer_part(slot, part)
            else:
                twin.done[slot] = True
                session.end_parts(slot)
            assert len(twin.done) - sum(twin.done) == session.waiting
            all_bytes = sum(len(part) for parts in twin.replies for part in parts) + sum(map(len, pushes))
            assert all_bytes - len(sent) == session.pending_bytes
            if data.draw(st.booleans()):
                sent += session.data_to_send()
                assert twin.sent() == re.sub(rb"<\d>", b"", sent)
        sent += session.data_to_send()

        assert twin.sent() == re.sub(rb"<\d>", b"", sent)
        assert pushes == re.findall(rb"<\d>", sent)
        for push in re.finditer(rb"<\d>", sent):
            assert len(re.sub(rb"<\d>", b"", sent[: push.start()])) in twin.ends()


class TestBrokenInput:
    def test_the_error_is_the_last_reply_after_those_to_the_good_requests(self):
        session = Session()
        session.receive_data(PING + b"*1\r\n:1\r\n" + PING)

        assert "" == session.broken
        assert [[b"PING"]] == session.requests()
        assert "Protocol error: expected '$', got ':'" == session.broken
        assert (b"", 1) == (session.data_to_send(), session.waiting)

        session.answer(0, b"+PONG\r\n")

        assert b"+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n" == session.data_to_send()
        assert 0 == session.waiting

    def test_input_after_a_bad_byte_is_ignored_and_the_error_is_said_once(self):
        session = Session()
        session.receive_data(b"$")
        session.requests()
        session.receive_data(PING)

        assert [] == session.requests()
        assert b"-ERR Protocol error: expected '*', got '$'\r\n" == session.data_to_send()

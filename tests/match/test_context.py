"""Promises of crowkis/match/context.py: fingerprints of a conversation, and when they must be the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.context import context_of, measures, same
from crowkis.values.limits import CONTEXT_BYTES_MAX, FINGERPRINT_CHARS_MAX
from crowkis.values.question import NO_CONTEXT, Policy

POLICY = Policy(0.9)
ALONE, LEANING, HANGING = "How do I reset my password?", "When was the album released?", "And for students?"

SYSTEM = {"role": "system", "content": "Be brief."}
HELLO = {"role": "user", "content": "What does a ticket cost?"}
REPLY = {"role": "assistant", "content": "Ten euros."}


def of(*messages):
    return context_of(json.dumps(messages).encode())


class TestFingerprints:
    def test_order_of_keys_white_space_and_escapes_do_not_count(self):
        written = (
            b'[{"role":"user","content":"caf\\u00e9 \\/"}]',
            ' [ {"content" : "café /", \n "role":"user"} ] '.encode(),
        )

        assert 1 == len({context_of(raw) for raw in written})

    def test_everything_a_message_says_counts_and_so_does_the_order(self):
        variants = [
            of(HELLO, REPLY), of(REPLY, HELLO), of(HELLO), of({**HELLO, "name": "Ann"}, REPLY),
            of({**HELLO, "role": "tool"}, REPLY), of({**HELLO, "content": "What does a ticket cost? "}, REPLY),
            of({**HELLO, "content": [{"type": "text", "text": "What does a ticket cost?"}]}, REPLY),
        ]  # fmt: skip

        assert len(variants) == len({one.history for one in variants})

    def test_system_messages_have_a_fingerprint_of_their_own(self):
        alone, with_history, other = of(SYSTEM), of(SYSTEM, HELLO), of({**SYSTEM, "content": "Be kind."}, HELLO)

        assert alone.instructions == with_history.instructions != other.instructions
        assert "" == alone.history
        assert with_history.history != other.history
        assert "" == of(HELLO).instructions
        assert of({**SYSTEM, "role": "developer"}).instructions not in ("", alone.instructions)

    def test_an_unknown_role_is_a_role(self):
        assert "" != of({"role": "narrator", "content": None}).history

    @pytest.mark.parametrize("raw", [b"", b"  ", b"[]", b"[ ]"])
    def test_nothing_said_before_is_no_context(self, raw):
        assert NO_CONTEXT == context_of(raw)

    def test_a_fingerprint_is_taken_as_it_is_and_never_equals_a_digest(self):
        digest = of(HELLO).history

        assert context_of(b"abc") == context_of(b" abc\n") != context_of(b"abd")
        assert digest != context_of(digest.encode()).history

    @given(st.lists(st.fixed_dictionaries({"role": st.text(), "content": st.text()}), max_size=4))
    def test_any_messages_have_a_fingerprint(self, messages):
        one = context_of(json.dumps(messages).encode())

        assert one == context_of(json.dumps(messages, indent=1, sort_keys=True).encode())
        assert (one == NO_CONTEXT) == (not messages)

    @pytest.mark.parametrize(
        ("raw", "text"),
        [
            (b"[{]", "must be valid JSON"),
            (b'[{"role": "user"', "it is not at character"),
            (b'{"role": "user", "content": "x"}', "must be a list of messages"),
            (b'["hello"]', "number 0 is none"),
            (b'[{"role": "user"}, {"content": "x"}]', "number 1 is none"),
            (b'[{"role": 5}]', "number 0 is none"),
            (b'[{"role": "user", "content": NaN}]', "must be valid JSON"),
            (b"[" * 100_000, "must be valid JSON"),
            (b"\xff\xfe", "must be valid UTF-8"),
            (b"x" * (FINGERPRINT_CHARS_MAX + 1), f"fingerprint of up to {FINGERPRINT_CHARS_MAX} letters"),
            (b"a\x00b", "must be a JSON list of messages"),
            (b"[" + b" " * CONTEXT_BYTES_MAX + b"]", f"at most {CONTEXT_BYTES_MAX} bytes"),
        ],
    )
    def test_anything_else_is_refused_with_its_reason(self, raw, text):
        with pytest.raises(ValueError, match=text):
            context_of(raw)


class TestRule:
    @pytest.fixture
    def verdict(self, asked, stored):
        """verdict(asked text, its context, stored text, its context, **changes of both) -> reason id or None"""

        def check(text, context, other, before, exact=False, image=""):
            question, candidate = asked(text, context=context, image=image), stored(other, context=before, exact=exact)
            reason = same(question, candidate, POLICY)
            assert reason is None or reason[1:] != ("", "")
            assert 2 == len(measures(question, candidate, POLICY))
            return reason.id if reason else None

        return check

    def test_standalone_questions_meet_across_histories(self, verdict):
        assert verdict(ALONE, of(HELLO), ALONE, of(REPLY)) is None
        assert verdict(ALONE, of(HELLO), ALONE, NO_CONTEXT) is None
        assert verdict(ALONE, context_of(b"a"), ALONE, context_of(b"b")) is None

    @pytest.mark.parametrize("text", [LEANING, HANGING])
    def test_a_leaning_question_needs_the_same_history(self, verdict, text):
        assert verdict(text, of(HELLO), text, of(HELLO)) is None
        for one, other in ((of(HELLO), of(REPLY)), (of(HELLO), NO_CONTEXT), (context_of(b"a"), context_of(b"b"))):
            assert "context.other-history" == verdict(text, one, text, other)
            assert "context.other-history" == verdict(text, other, ALONE, one)
            assert "context.other-history" == verdict(ALONE, other, text, one)

    def test_without_any_history_only_what_may_stand_alone_is_matched_by_meaning(self, verdict):
        assert verdict(LEANING, NO_CONTEXT, LEANING, NO_CONTEXT) is None
        assert "context.not-told" == verdict(HANGING, NO_CONTEXT, HANGING, NO_CONTEXT)
        assert "context.not-told" == verdict(HANGING, of(SYSTEM), ALONE, of(SYSTEM))
        assert verdict(HANGING, NO_CONTEXT, HANGING, NO_CONTEXT, exact=True) is None

    def test_an_image_to_look_at_is_enough_of_a_history(self, verdict):
        assert verdict("What is this?", NO_CONTEXT, "What's this?", NO_CONTEXT, image="a") is None
        assert "context.other-history" == verdict("What is this?", of(HELLO), "What is this?", NO_CONTEXT, image="a")

    def test_other_system_messages_make_every_question_another(self, verdict):
        for text in (ALONE, LEANING, HANGING):
            assert "context.other-instructions" == verdict(text, of(SYSTEM), text, NO_CONTEXT)
            assert "context.other-instructions" == verdict(text, of(SYSTEM, HELLO), text, of(HELLO))

    def test_a_fingerprint_is_shown_only_as_a_digest(self, asked, stored):
        reason = same(asked(HANGING, context=context_of(b"secret-session")), stored(HANGING), POLICY)

        assert "secret" not in str(reason)
        assert "hangs on given:" in str(reason.limit)

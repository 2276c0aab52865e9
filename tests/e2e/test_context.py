"""A question within a conversation, and one about an image, through the real door and with the real model."""

import base64
import json

import hiredis
import pytest

pytestmark = [pytest.mark.process, pytest.mark.model]

FOLLOW_UP = "How much does it cost?"
STANDALONE = "How do I reset my password?"
REWORDED = "How can I reset my password?"
CAT = base64.b64encode(b"\x89PNG a cat").decode()
DOG = base64.b64encode(b"\x89PNG a dog").decode()


def talk(*texts, system=""):
    """A conversation as clients send it: user and assistant in turn."""
    messages = [{"role": "system", "content": system}] if system else []
    roles = ("user", "assistant")
    return json.dumps(messages + [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)])


CAR = talk("Tell me about the red car.", "It is fast.")
BOAT = talk("Tell me about the blue boat.", "It is slow.")


@pytest.fixture(scope="module")
def server(start_module_server, model_flags):
    return start_module_server(*model_flags, embedder="minilm")


class TestConversations:
    def test_a_follow_up_gets_the_answer_of_its_own_conversation_alone(self, wire):
        wire("CSET", FOLLOW_UP, "car", "CONTEXT", CAR)

        assert wire("CGET", FOLLOW_UP, "CONTEXT", BOAT) is None
        assert wire("CGET", FOLLOW_UP) is None
        wire("CSET", FOLLOW_UP, "boat", "CONTEXT", BOAT)
        assert [b"car", b"boat"] == [wire("CGET", FOLLOW_UP, "CONTEXT", before) for before in (CAR, BOAT)]

    @pytest.mark.parametrize("threshold", ["0", "0.5", "1"])
    def test_no_threshold_lets_a_follow_up_into_another_conversation(self, wire, threshold):
        wire("CSET", FOLLOW_UP, "car", "CONTEXT", CAR)

        for asked in (FOLLOW_UP, "How much will it cost?", "What does it cost?", "And its price?"):
            assert wire("CGET", asked, "CONTEXT", BOAT, "THRESHOLD", threshold) is None

    def test_a_follow_up_in_other_words_is_served_within_its_conversation(self, wire):
        wire("CSET", FOLLOW_UP, "car", "CONTEXT", CAR)

        assert b"car" == wire("CGET", "How much will it cost?", "CONTEXT", CAR, "THRESHOLD", "0.8")

    def test_a_question_that_stands_alone_shares_its_answer_between_conversations(self, wire):
        wire("CSET", STANDALONE, "Open Settings.", "CONTEXT", CAR)

        for asked in (STANDALONE, REWORDED):
            assert b"Open Settings." == wire("CGET", asked, "CONTEXT", BOAT)
            assert b"Open Settings." == wire("CGET", asked)

    def test_other_instructions_make_another_question_even_of_one_that_stands_alone(self, wire):
        kind, rude = talk(system="Be kind."), talk(system="Be rude.")
        wire("CSET", STANDALONE, "kindly", "CONTEXT", kind)

        for asked in (STANDALONE, REWORDED):
            assert wire("CGET", asked, "CONTEXT", rude) is None
            assert wire("CGET", asked) is None
            assert b"kindly" == wire("CGET", asked, "CONTEXT", kind)

    def test_a_fingerprint_of_the_clients_own_works_like_the_messages(self, wire):
        wire("CSET", FOLLOW_UP, "car", "CONTEXT", "conversation-7")

        assert b"car" == wire("CGET", FOLLOW_UP, "CONTEXT", "conversation-7")
        assert wire("CGET", FOLLOW_UP, "CONTEXT", "conversation-8") is None

    def test_how_the_messages_are_written_does_not_count_and_what_they_say_does(self, wire):
        wire("CSET", FOLLOW_UP, "car", "CONTEXT", '[{"role":"user","content":"caf\\u00e9"}]')

        assert b"car" == wire("CGET", FOLLOW_UP, "CONTEXT", '[ {"content": "café", "role": "user"} ]')
        assert wire("CGET", FOLLOW_UP, "CONTEXT", '[{"content": "cafe", "role": "user"}]') is None

    def test_a_client_that_tells_no_context_is_served_the_very_same_words_alone(self, wire):
        wire("CSET", FOLLOW_UP, "something")

        assert b"something" == wire("CGET", FOLLOW_UP)
        assert wire("CGET", "How much will it cost?", "THRESHOLD", "0.5") is None

    def test_deleting_names_one_conversations_answer(self, wire):
        wire("CSET", FOLLOW_UP, "car", "CONTEXT", CAR)
        wire("CSET", FOLLOW_UP, "boat", "CONTEXT", BOAT)

        assert 1 == wire("CDELETEENTRY", FOLLOW_UP, "CONTEXT", CAR)
        assert 0 == wire("CDELETEENTRY", FOLLOW_UP)
        assert b"boat" == wire("CGET", FOLLOW_UP, "CONTEXT", BOAT)

    @pytest.mark.parametrize("context", ["[", "{}", "[1]", '[{"role": 1}]', "a\nb", "x" * 257, b"\xff", "[" * 100_000])
    def test_what_is_no_context_is_refused_and_named(self, wire, context):
        for request in (("CGET", FOLLOW_UP), ("CSET", FOLLOW_UP, "answer")):
            reply = wire(*request, "CONTEXT", context)

            assert isinstance(reply, hiredis.ReplyError)
            assert "CONTEXT must" in str(reply)
        assert wire("CGET", FOLLOW_UP) is None


class TestImages:
    def test_an_image_is_part_of_the_question(self, wire):
        wire("CSET", "What is in this picture?", "A cat.", "IMAGE", CAT)

        for asked in ("What is in this picture?", "What can be seen in this picture?"):
            assert wire("CGET", asked, "IMAGE", DOG, "THRESHOLD", "0.5") is None
            assert wire("CGET", asked, "THRESHOLD", "0.5") is None
            assert b"A cat." == wire("CGET", asked, "IMAGE", CAT, "THRESHOLD", "0.5")

    def test_a_question_without_an_image_is_not_answered_for_one(self, wire):
        wire("CSET", STANDALONE, "Open Settings.")

        assert wire("CGET", STANDALONE, "IMAGE", CAT) is None

    def test_both_ways_to_ask_about_an_image_get_the_answer(self, wire):
        wire("CSET", "What is in this picture?", "A cat.", "IMAGE", CAT)

        assert b"A cat." == wire("CIMGGET", CAT)
        assert b"A cat." == wire("CIMGGET", "What is in this picture?", "IMAGE", CAT)
        assert wire("CIMGGET", DOG) is None
        assert wire("CIMGGET", CAT, "TENANT", "other") is None

    def test_an_image_alone_is_not_answered_where_several_answers_could_be_meant(self, wire):
        wire("CSET", "What is in this picture?", "A cat.", "IMAGE", CAT)
        wire("CSET", "Which colour is it?", "Grey.", "IMAGE", CAT)

        assert wire("CIMGGET", CAT) is None
        assert "image.ambiguous" in wire("CINFO").decode()
        assert b"Grey." == wire("CIMGGET", "Which colour is it?", "IMAGE", CAT)
        assert 1 == wire("CDELETEENTRY", "Which colour is it?", "IMAGE", CAT)
        assert b"A cat." == wire("CIMGGET", CAT)

    @pytest.mark.parametrize("image", ["", "not base64!", "QUJ", b"\xff\xfe"])
    def test_what_is_no_image_is_refused_and_named(self, wire, image):
        for request in (("CGET", STANDALONE, "IMAGE", image), ("CIMGGET", image)):
            reply = wire(*request)

            assert isinstance(reply, hiredis.ReplyError)
            assert "IMAGE must" in str(reply).upper().replace("MUST", "must")


def test_context_and_image_are_still_known_after_the_plug_is_pulled(start_server, model_flags, tmp_path):
    first = start_server(*model_flags, embedder="minilm", data_dir=tmp_path / "kept")
    wire = first.connect()
    wire("CSET", FOLLOW_UP, "car", "CONTEXT", CAR)
    wire("CSET", "What is in this picture?", "A cat.", "IMAGE", CAT)
    first.kill()

    wire = start_server(*model_flags, embedder="minilm", data_dir=tmp_path / "kept").connect()
    assert b"car" == wire("CGET", FOLLOW_UP, "CONTEXT", CAR)
    assert wire("CGET", FOLLOW_UP, "CONTEXT", BOAT) is None
    assert wire("CGET", "How much will it cost?", "CONTEXT", BOAT, "THRESHOLD", "0.1") is None
    assert b"A cat." == wire("CIMGGET", CAT)
    assert wire("CIMGGET", DOG) is None

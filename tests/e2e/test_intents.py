"""What a question is for decides how far its answer is reused and how long it keeps, through the real door."""

import pytest

pytestmark = pytest.mark.process

ANY = ("THRESHOLD", "0")


@pytest.fixture
def setting(wire):
    """Change a setting for one test."""
    changed = {}

    def change(name, value):
        changed.setdefault(name, wire("CONFIG", "GET", name)[1])
        assert b"OK" == wire("CONFIG", "SET", name, value)

    yield change
    for name, value in changed.items():
        assert b"OK" == wire("CONFIG", "SET", name, value)


def kept_s(wire3, text, *options):
    """How long a new answer to a question lives; -1: no end."""
    wire3("CSET", text, "answer", *options)
    listed = wire3("CSCAN", "0", "MATCH", text, "COUNT", "1000", "DETAILS")[1]
    return listed[0][b"ttl"]


def test_cintent_tells_class_score_evidence_and_what_follows(wire3):
    told = wire3("CINTENT", "Please cancel my order")

    assert (b"transactional", b"never", 300) == (told[b"intent"], told[b"posture"], told[b"shelf_life_s"])
    assert 0.5 < told[b"score"] <= 1
    assert any(b"cancel" in cue for cue in told[b"evidence"])


class TestReuse:
    def test_a_transaction_is_served_to_nobody_not_even_in_the_same_words(self, wire):
        wire("CSET", "cancel my order", "Order 1 is cancelled.")

        assert wire("CGET", "cancel my order") is None
        assert wire("CGET", "please cancel my order", *ANY) is None

    def test_how_to_do_it_is_served_to_everybody(self, wire):
        wire("CSET", "How do I activate my card?", "In the app.")

        assert b"In the app." == wire("CGET", "How can I activate my card?", *ANY)
        assert wire("CGET", "activate my card", *ANY) is None

    def test_ones_own_trouble_is_answered_as_the_faq_does(self, wire):
        wire("CSET", "my card has not arrived yet", "It takes a week.")

        assert b"It takes a week." == wire("CGET", "my card still has not arrived", *ANY)

    @pytest.mark.parametrize(
        ("text", "same", "other"),
        [
            ("what is my balance", "Hi, what's my balance please?", "how much is in my account balance"),
            ("write a poem about rain", "could you please write a poem about rain", "compose a poem on rain"),
        ],
    )
    def test_personal_and_creative_answers_need_practically_the_same_words(self, wire, text, same, other):
        wire("CSET", text, "stored")

        assert [b"stored", b"stored", None] == [wire("CGET", asked, *ANY) for asked in (text, same, other)]

    def test_the_operator_decides_otherwise(self, wire, setting):
        setting("intent_postures", "transactional=free, procedural=never")
        wire("CSET", "cancel my order", "Cancelled.")
        wire("CSET", "How do I reset my password?", "In the app.")

        assert b"Cancelled." == wire("CGET", "cancel my order")
        assert wire("CGET", "How do I reset my password?") is None

    def test_explain_names_the_intent(self, wire, wire3):
        wire("CSET", "cancel my order", "Cancelled.")
        told = wire3("CEXPLAIN", "cancel my order")

        assert (b"transactional", b"reuse.never") == (told[b"intent"], told[b"reason"])


class TestBars:
    def test_an_intents_own_bar_takes_the_place_of_the_general_one(self, wire, wire3, setting):
        setting("intent_bars", "procedural=0.5")

        assert 0.5 == wire3("CEXPLAIN", "How do I reset my password?")[b"similarity_min"]
        assert 0.9 == wire3("CEXPLAIN", "How do I reset my password?", "THRESHOLD", "0.9")[b"similarity_min"]
        assert 0.5 != wire3("CEXPLAIN", "Who wrote Faust?")[b"similarity_min"]

    @pytest.mark.parametrize("value", ["nonsense=0.5", "procedural", "procedural=2"])
    def test_what_makes_no_sense_is_refused(self, wire, value):
        assert isinstance(wire("CONFIG", "SET", "intent_bars", value), Exception)


class TestShelfLife:
    def test_what_changes_by_itself_keeps_for_a_short_while_unless_told_otherwise(self, wire3):
        assert -1 == kept_s(wire3, "Who wrote Faust?")
        assert 300 >= kept_s(wire3, "what is the weather right now in Paris") > 0
        assert 900 >= kept_s(wire3, "what is the weather right now in Rome", "EX", "900") > 300

    def test_the_operator_sets_it(self, wire3, setting):
        setting("intent_shelf_lives", "factual=60")

        assert 60 >= kept_s(wire3, "Who painted Guernica?") > 0


def test_cscan_lists_the_answers_of_one_intent(wire):
    wire("CSET", "Who wrote Faust?", "Goethe", "NAMESPACE", "scan")
    wire("CSET", "How do I reset my password?", "In the app.", "NAMESPACE", "scan")
    whole = wire("CSCAN", "0", "NAMESPACE", "scan", "COUNT", "100")[1]
    factual = wire("CSCAN", "0", "NAMESPACE", "scan", "COUNT", "100", "INTENT", "factual")[1]

    assert (2, 1) == (len(whole), len(factual))

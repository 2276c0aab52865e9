"""The first hour of a user: store an answer, ask in other words, pull the plug, ask again. Real model, real process."""

import math
import shutil
import struct
import subprocess
import time

import hiredis
import pytest
import redis

from crowkis.engine.rules import SERVE_RULES
from crowkis.settings import BY_NAME
from crowkis.values.limits import SIMILARITY_FLOOR

BAR = BY_NAME["confidence_min"].default

pytestmark = [pytest.mark.process, pytest.mark.model]

QUESTION = "How do I reset my password?"
OTHER_WORDS = "How can I reset my password?"
UNRELATED = "What is the tallest mountain in Austria?"
ANSWER = "Open Settings, choose Security, then Reset password."
NUMBERED = "How do I export 10 invoices as a PDF?"
OTHER_NUMBER = "How do I export 12 invoices as a PDF?"


@pytest.fixture(scope="module")
def server(start_module_server, model_flags):
    return start_module_server(*model_flags, embedder="minilm")


def redis_cli(server, *words, protocol=()):
    """What redis-cli prints."""
    program = shutil.which("redis-cli")
    if program is None:
        pytest.skip("redis-cli is not installed")
    ran = subprocess.run(
        [program, "-p", str(server.port), "--no-raw", *protocol, *words], capture_output=True, text=True, timeout=30,
        check=True,
    )  # fmt: skip
    return ran.stdout.strip()


def test_a_question_in_other_words_is_answered_before_and_after_the_plug_is_pulled(start_server, model_flags, tmp_path):
    first = start_server(*model_flags, embedder="minilm", data_dir=tmp_path / "kept")

    def tell(server):
        return [
            redis_cli(server, "CGET", OTHER_WORDS),
            redis_cli(server, "CGET", UNRELATED),
            redis_cli(server, "CGET", NUMBERED),
            redis_cli(server, "CGET", OTHER_NUMBER),
        ]

    assert "OK" == redis_cli(first, "CSET", QUESTION, ANSWER)
    assert "OK" == redis_cli(first, "CSET", NUMBERED, "Choose Export.")
    expected = [f'"{ANSWER}"', "(nil)", '"Choose Export."', "(nil)"]
    assert expected == tell(first)
    first.kill()
    second = start_server(*model_flags, embedder="minilm", data_dir=tmp_path / "kept")

    assert expected == tell(second)
    assert 2 == second.wait_for("data")["entries"]


def test_a_resp3_client_gets_the_map_with_similarity_and_hit_type(server, wire):
    client = redis.Redis(port=server.port, protocol=3)
    client.execute_command("CSET", QUESTION, ANSWER, "EX", "60")

    exact = client.execute_command("CGET", QUESTION)
    near = client.execute_command("CGET", OTHER_WORDS)

    assert {b"response", b"similarity", b"ttl", b"key", b"confidence", b"hit_type"} == set(near)
    assert (ANSWER.encode(), b"exact", 1.0) == (exact[b"response"], exact[b"hit_type"], exact[b"similarity"])
    assert (ANSWER.encode(), b"vector") == (near[b"response"], near[b"hit_type"])
    assert BAR <= near[b"similarity"] < 1.0
    assert isinstance(near[b"ttl"], int)
    assert 59 <= near[b"ttl"] <= 60
    assert exact[b"key"] == near[b"key"]
    assert client.execute_command("CGET", UNRELATED) is None
    client.close()


def test_withconfidence_adds_the_confidence_as_text_under_resp2(wire):
    wire("CSET", QUESTION, ANSWER)

    assert [ANSWER.encode(), b"1.0000"] == wire("CGET", QUESTION, "WITHCONFIDENCE")
    answer, confidence = wire("CGET", OTHER_WORDS, "WITHCONFIDENCE")

    assert ANSWER.encode() == answer
    assert BAR <= float(confidence) < 1.0


def test_threshold_moves_the_bar_for_one_question(wire, wire3):
    wire("CSET", QUESTION, ANSWER)
    asked = "I forgot my password, how can I set a new one?"
    sure = wire3("CEXPLAIN", asked)[b"confidence"]

    assert 0.0 < sure < 1.0
    assert ANSWER.encode() == wire("CGET", asked, "THRESHOLD", f"{sure - 0.01:.3f}")
    assert wire("CGET", asked, "THRESHOLD", f"{sure + 0.01:.3f}") is None


def test_metric_cosine_compares_vectors_alone_once_no_gate_objects(wire):
    wire("CSET", QUESTION, ANSWER)
    wire("CSET", NUMBERED, ANSWER)
    asked = "I forgot my password, how can I set a new one?"
    similarity = float(wire("CSIM", QUESTION, asked))

    assert ANSWER.encode() == wire("CGET", asked, "METRIC", "cosine", "THRESHOLD", f"{similarity - 0.01:.3f}")
    assert wire("CGET", asked, "METRIC", "cosine", "THRESHOLD", f"{similarity + 0.01:.3f}") is None
    assert wire("CGET", OTHER_NUMBER, "METRIC", "cosine", "THRESHOLD", "0.5") is None
    assert isinstance(wire("CGET", asked, "METRIC", "euclid"), Exception)


def explained(wire, *request):
    """CEXPLAIN's reply with its keys and texts as str."""
    return _text(wire(*request))


def _text(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, dict):
        return {_text(key): _text(item) for key, item in value.items()}
    return [_text(item) for item in value] if isinstance(value, list) else value


def test_explain_names_every_gate_with_its_measure_and_limit(wire, wire3):
    wire("CSET", NUMBERED, ANSWER)

    told = explained(wire3, "CEXPLAIN", OTHER_NUMBER)

    assert ("refused", "numbers.differ", None) == (told["verdict"], told["reason"], told["key"])
    (candidate,) = told["candidates"]
    gates = {row["gate"]: row for row in candidate["gates"]}
    assert [gate.name for gate in SERVE_RULES] == list(gates)
    assert not gates["numbers"]["passes"]
    assert "10" in str(gates["numbers"]["limit"]) + str(gates["numbers"]["measure"])
    assert "12" in str(gates["numbers"]["limit"]) + str(gates["numbers"]["measure"])
    assert (SIMILARITY_FLOOR, True) == (gates["similarity"]["limit"], gates["similarity"]["passes"])
    assert (0.0, BAR, False) == tuple(gates["confidence"][name] for name in ("measure", "limit", "passes"))
    assert (0.0, {}) == (candidate["confidence"], candidate["signals"])
    assert NUMBERED == candidate["query"]


def test_explain_says_what_would_be_served_and_what_is_too_far(wire, wire3):
    wire("CSET", QUESTION, ANSWER)

    served = explained(wire3, "CEXPLAIN", OTHER_WORDS)
    far = explained(wire3, "CEXPLAIN", UNRELATED)
    nothing = explained(wire3, "CEXPLAIN", QUESTION, "TENANT", "nobody")

    assert ("served", "vector", None) == (served["verdict"], served["hit_type"], served["reason"])
    assert served["candidates"][-1]["key"] == served["key"]
    assert served["candidates"][-1]["confidence"] >= BAR
    assert "similarity" in served["candidates"][-1]["signals"]
    assert ("refused", "similarity.below-bar", SIMILARITY_FLOOR) == (far["verdict"], far["reason"], far["limit"])
    assert pytest.approx(far["similarity"], abs=1e-4) == far["measure"]
    assert ("miss", "candidates.none", []) == (nothing["verdict"], nothing["reason"], nothing["candidates"])


@pytest.mark.parametrize(
    ("stored", "paraphrase", "trap", "reason"),
    [
        (
            "How do I export my contacts from the app?",
            "How can I export contacts from the app?",
            "How do I import my contacts into the app?",
            "contrast.opposite",
        ),
        (
            "How do I move photos from my phone to my laptop?",
            "How can I move photos from the phone to the laptop?",
            "How do I move photos from my laptop to my phone?",
            "contrast.roles",
        ),
        (
            "How do I prune a rose bush?",
            "How should I prune a rose bush?",
            "How do I water a rose bush?",
            "contrast.opposite",
        ),
    ],
)
def test_a_paraphrase_is_served_where_its_contrary_is_refused(wire, wire3, stored, paraphrase, trap, reason):
    wire("CSET", stored, ANSWER)

    assert ANSWER.encode() == wire("CGET", paraphrase)
    assert wire("CGET", trap) is None
    assert reason == explained(wire3, "CEXPLAIN", trap)["reason"]


def test_explain_agrees_with_cget_for_every_pair(wire, wire3):
    texts = [QUESTION, OTHER_WORDS, UNRELATED, NUMBERED, OTHER_NUMBER, "How do I not reset my password?"]
    for stored in texts:
        wire("FLUSHALL")
        wire("CSET", stored, ANSWER)
        for asked in texts:
            served = wire("CGET", asked) is not None

            assert served == (explained(wire3, "CEXPLAIN", asked)["verdict"] == "served"), (stored, asked)


@pytest.mark.parametrize("option", ["TENANT", "NAMESPACE", "MODEL", "MODEL_VERSION"])
@pytest.mark.parametrize("asked", [QUESTION, OTHER_WORDS])
def test_an_answer_never_leaves_its_tenant_namespace_or_model(wire, option, asked):
    wire("CSET", QUESTION, b"of a", option, "a")
    wire("CSET", QUESTION, b"of b", option, "b")

    assert b"of a" == wire("CGET", asked, option, "a")
    assert b"of b" == wire("CGET", asked, option, "b")
    assert wire("CGET", asked, option, "c") is None
    assert wire("CGET", asked) is None
    assert wire("CGET", asked, option, "A") is None


def test_an_answer_is_served_only_if_it_carries_every_tag_asked_for(wire):
    wire("CSET", QUESTION, ANSWER, "TAG", "faq", "TAG", "web")

    assert ANSWER.encode() == wire("CGET", OTHER_WORDS)
    assert ANSWER.encode() == wire("CGET", OTHER_WORDS, "TAG", "web", "TAG", "faq")
    assert wire("CGET", OTHER_WORDS, "TAG", "web", "TAG", "app") is None
    assert wire("CGET", QUESTION, "TAG", "app") is None


@pytest.mark.parametrize(("option", "life"), [("EX", "1"), ("PX", "400")])
def test_an_answer_ends_with_its_lifetime(wire, option, life):
    wire("CSET", QUESTION, ANSWER, option, life)
    assert ANSWER.encode() == wire("CGET", QUESTION)
    deadline = time.monotonic() + 5
    while wire("CGET", QUESTION) is not None:
        assert time.monotonic() < deadline

    assert wire("CGET", OTHER_WORDS) is None
    while wire("CVECCOUNT") != 0:
        assert time.monotonic() < deadline


def test_a_client_may_bring_its_own_vectors(wire):
    def blob(*values):
        return struct.pack(f"<{len(values)}f", *values)

    wire("CSET", "apples", ANSWER, "VECTOR", blob(1, 0, 0))

    assert ANSWER.encode() == wire("CGET", "pears", "VECTOR", blob(2, 0.1, 0))
    assert wire("CGET", "pears", "VECTOR", blob(0, 1, 0)) is None
    assert wire("CGET", "pears", "VECTOR", blob(1, 0, 0, 0)) is None
    assert wire("CGET", "pears") is None
    assert ANSWER.encode() == wire("CGET", "apples")
    for bad in (b"", b"123", blob(0, 0), blob(math.nan, 1), blob(math.inf, 1)):
        assert isinstance(wire("CGET", "pears", "VECTOR", bad), hiredis.ReplyError)


def test_entries_are_removed_one_by_one_by_tenant_or_all(wire):
    for tenant in ("a", "b"):
        wire("CSET", QUESTION, ANSWER, "TENANT", tenant)
        wire("CSET", NUMBERED, ANSWER, "TENANT", tenant)
    wire("CSET", QUESTION, ANSWER)

    assert 5 == wire("CVECCOUNT")
    assert 2 == wire("CVECCOUNT", "TENANT", "a")
    assert 1 == wire("CDELETEENTRY", QUESTION, "TENANT", "a")
    assert 0 == wire("CDELETEENTRY", QUESTION, "TENANT", "a")
    assert wire("CGET", OTHER_WORDS, "TENANT", "a") is None
    assert ANSWER.encode() == wire("CGET", OTHER_WORDS, "TENANT", "b")
    assert 1 == wire("CFLUSH")
    assert 2 == wire("CFLUSH", "TENANT", "b")
    assert 1 == wire("CFLUSH", "ALL")
    assert 0 == wire("CFLUSH", "ALL")
    assert 0 == wire("CVECCOUNT")


def test_csim_compares_two_texts_or_lists_the_nearest(wire, wire3):
    wire("CSET", QUESTION, ANSWER)
    wire("CSET", UNRELATED, ANSWER)

    assert BAR < float(wire("CSIM", QUESTION, OTHER_WORDS)) <= 1.0
    assert float(wire("CSIM", QUESTION, UNRELATED)) < 0.5
    nearest = wire3("CSIM", OTHER_WORDS, "K", "2")

    assert [QUESTION.encode(), UNRELATED.encode()] == [row[b"query"] for row in nearest]
    assert nearest[0][b"similarity"] > nearest[1][b"similarity"]
    assert 1 == len(wire3("CSIM", OTHER_WORDS, "K", "1"))


def test_cembed_shows_the_384_doubles_of_a_unit_vector(wire3):
    vector = wire3("CEMBED", QUESTION)

    assert 384 == len(vector)
    assert {float} == {type(value) for value in vector}
    assert 1.0 == pytest.approx(sum(value * value for value in vector), abs=1e-5)


def test_cscan_walks_every_entry_once(wire, wire3):
    for number in range(25):
        wire("CSET", f"question number {number}", f"answer {number}", "TAG", "even" if number % 2 == 0 else "odd")
    keys, cursor = [], b"0"
    while True:
        cursor, found = wire("CSCAN", cursor, "COUNT", "4")
        keys += found
        if cursor == b"0":
            break

    assert (25, 25) == (len(keys), len(set(keys)))
    assert [b"0", []] == wire("CSCAN", "0", "TENANT", "other")
    _, rows = wire3("CSCAN", "0", "COUNT", "100", "MATCH", "*number 1?", "TAG", "even", "DETAILS")
    assert {f"question number {number}".encode() for number in (10, 12, 14, 16, 18)} == {row[b"query"] for row in rows}


def test_cinfo_tells_what_was_served(wire):
    wire("CSET", QUESTION, ANSWER)
    wire("CGET", QUESTION)

    text = wire("CINFO", "cache").decode()

    assert "# Cache" in text
    assert "entries:1" in text.split("\r\n")
    for section in ("SERVER", "CACHE", "SAVINGS", "SECURITY", "DB"):
        assert wire("CINFO", section).decode().lower().startswith(f"# {section.lower()}")
    assert isinstance(wire("CINFO", "nonsense"), hiredis.ReplyError)


def test_answers_come_back_byte_for_byte(wire):
    answers = [b"\x00\xff\r\n", "žluťoučký kůň 🐎".encode(), b"{}", b"x" * 300_000]
    for number, answer in enumerate(answers):
        wire("CSET", f"question {number}", answer)

        assert answer == wire("CGET", f"question {number}")

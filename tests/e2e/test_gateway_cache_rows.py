"""What the HTTP cache we replace promises, rows 1 to 8, shown through the gateway's real port with the embedded model.

Rows 11 and 23 (lifetimes by route, an event per saved call) are in test_gateway_savings.py, rows 9, 10 and 16 to 21 in
test_kv.py, 12 and 13 in test_rest.py, 14 in tests/cli (stats, get, purge, quota), 22 in test_guests.py and
tests/doors/test_tokens.py. Row 15 is docs/operations.md, row 24 bench/http_cache.py, row 25 bench/quality.py with
bench/axes_test.jsonl.
"""

import time

import numpy as np
import openai
import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream
from crowkis.wire import shape
from crowkis.wire.chat import CHAT

pytestmark = [pytest.mark.process, pytest.mark.model]

HOW = "How do I reset my password?"
SAME = "how can i reset my password"
OTHER = "Which planets have rings?"
MODEL = "gpt-fake"
READ_ONLY = {"extra_headers": {"x-crowkis-cache-control": "read-only"}}
OLD = b"""{"id":"x","object":"chat.completion","choices":
[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"old"}}]}"""


@pytest.fixture(scope="module")
def house_upstream():
    made = FakeUpstream()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def server(start_module_server, model_flags, house_upstream):
    flags = ("--gateway-upstreams", house_upstream.url, "--gateway-retries", "0", "--gateway-key", "sk-house")
    return start_module_server(*model_flags, *flags, embedder="minilm")


@pytest.fixture
def upstream(house_upstream):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    return house_upstream


@pytest.fixture
def client(server, wire, upstream):
    with client_of(server) as made:
        yield made


def client_of(server, key="none"):
    return openai.OpenAI(base_url=f"http://127.0.0.1:{server.http_port}/v1", api_key=key, max_retries=0)


def flags_of(embedder):
    return "--embed-url", f"{embedder.url}/v1", "--embed-model", "e", "--embed-dim", "2"


def ask(client, text, **more):
    """The response, and its x-cache-match."""
    asked = {"model": MODEL, "messages": [{"role": "user", "content": text}], **more}
    raw = client.chat.completions.with_raw_response.create(**asked)
    return raw, raw.headers["x-cache-match"]


def match(client, text, **more):
    return ask(client, text, **more)[1]


def stored(client, text, **more):
    deadline = time.monotonic() + 20
    while match(client, text, **more) != "exact":
        assert time.monotonic() < deadline
        time.sleep(0.02)


class TestRow1MatchOnEveryResponse:
    def test_new_is_none_same_bytes_exact_reworded_semantic(self, client):
        assert "none" == match(client, HOW)
        stored(client, HOW)

        assert ["exact", "semantic"] == [match(client, HOW), match(client, SAME)]

    def test_errors_bypasses_and_other_paths_say_none(self, client, upstream):
        upstream.script.append(Behaviour(status=500))
        with pytest.raises(openai.InternalServerError) as refused:
            ask(client, HOW)
        with pytest.raises(openai.BadRequestError) as malformed:
            ask(client, HOW, extra_headers={"x-crowkis-ttl": "soon"})

        told = [refused.value.response, malformed.value.response]
        assert ["none", "none"] == [response.headers["x-cache-match"] for response in told]
        assert "none" == match(client, HOW, n=2)
        assert "none" == client.models.with_raw_response.list().headers["x-cache-match"]
        upstream.script.append(Behaviour(status=503))
        with pytest.raises(openai.InternalServerError) as through:
            ask(client, HOW, n=2)
        assert "none" == through.value.response.headers["x-cache-match"]


class TestRow2TheKeyIsPromptAndParametersAndASchemaVersion:
    @pytest.mark.parametrize(
        "other",
        [{"temperature": 0.1}, {"model": "gpt-other"}, {"top_p": 0.5}, {"max_tokens": 9}, {"seed": 1},
         {"presence_penalty": 0.5}, {"reasoning_effort": "low"}, {"extra_body": {"unheard_of": True}}],
        ids=lambda other: next(iter(other)),
    )  # fmt: skip
    def test_any_parameter_changed_is_another_question(self, client, other):
        stored(client, HOW)

        assert ["none", "none"] == [match(client, text, **other, **READ_ONLY) for text in (HOW, SAME)]

    def test_entries_of_another_schema_are_ignored_and_not_misread(self, client, wire, monkeypatch):
        body = {"model": MODEL, "messages": [{"role": "user", "content": HOW}]}
        context = {True: CHAT.read(body, 2.0).context}
        monkeypatch.setattr(shape, "SCHEMA", shape.SCHEMA + 1)
        context[False] = CHAT.read(body, 2.0).context

        def put(is_ours):
            wire("CSET", HOW, OLD, "NAMESPACE", "gateway", "MODEL", MODEL, "CONTEXT", context[is_ours])
            return match(client, HOW, **READ_ONLY)

        assert ["none", "exact"] == [put(False), put(True)]


class TestRow3SemanticAfterExactAboveABar:
    def test_just_under_the_bar_is_none_just_above_it_is_served(self, client):
        stored(client, HOW)
        raw, found = ask(client, SAME)
        sure = float(raw.headers["x-crowkis-confidence"])

        assert "semantic" == found
        for bar, expected in ((sure + 0.002, "none"), (sure - 0.002, "semantic")):
            fields = {"x-crowkis-threshold": f"{bar:.4f}", "x-crowkis-cache-control": "read-only"}
            assert expected == match(client, SAME, extra_headers=fields)

    def test_a_plain_cosine_can_decide_with_a_bar_of_its_own(self, client, wire):
        stored(client, HOW)
        told = [np.array(wire("CEMBED", text), float) for text in (HOW, SAME)]
        cosine = float(np.dot(*told) / np.prod([np.linalg.norm(vector) for vector in told]))
        usual = wire("CONFIG", "GET", "similarity_min")[1]
        try:
            wire("CONFIG", "SET", "metric", "cosine")
            for bar, expected in ((cosine + 0.002, "none"), (cosine - 0.002, "semantic")):
                wire("CONFIG", "SET", "similarity_min", f"{bar:.4f}")
                found = ask(client, SAME, **READ_ONLY)
                assert expected == found[1]
        finally:
            wire("CONFIG", "SET", "metric", "auto")
            wire("CONFIG", "SET", "similarity_min", usual)
        assert cosine == pytest.approx(float(found[0].headers["x-crowkis-confidence"]), abs=2e-3)


class TestRow4VectorsAreApartByTenantAndModel:
    def test_the_same_prompt_of_another_tenant_or_model_is_none(self, start_server, model_flags, upstream):
        own = start_server(*model_flags, "--gateway-upstreams", upstream.url, embedder="minilm")
        with client_of(own, "sk-mine") as mine, client_of(own, "sk-theirs") as theirs:
            stored(mine, HOW)

            assert ["none", "none"] == [match(theirs, text, **READ_ONLY) for text in (HOW, SAME)]
            assert ["none", "none"] == [match(mine, text, model="gpt-other", **READ_ONLY) for text in (HOW, SAME)]
            assert "semantic" == match(mine, SAME)


class TestRow5TheIndexIsBoundedAndItsScoresAreCosines:
    def test_past_the_cap_the_least_recently_used_answer_is_gone_and_its_vector_too(self, client, wire):
        questions = [f"What is the capital of {name}?" for name in ("France", "Peru", "Kenya", "Japan")]
        wire("CQUOTA", "SET", "default", "ENTRIES", "3")
        try:
            for question in questions[:3]:
                stored(client, question)
            ask(client, questions[0])
            stored(client, questions[3])

            found = [match(client, question, **READ_ONLY) for question in questions]
            assert ["exact", "none", "exact", "exact"] == found
            assert 3 == wire("CVECCOUNT")
        finally:
            wire("CQUOTA", "DEL", "default")

    def test_scores_are_the_cosines_of_normalised_vectors(self, client, wire):
        stored(client, HOW)
        near = wire("CSIM", SAME, "K", "1", "NAMESPACE", "gateway", "MODEL", "")[0]
        row = dict(zip(near[::2], near[1::2], strict=True)) if isinstance(near, list) else near
        told = [np.array(wire("CEMBED", text), float) for text in (HOW, SAME)]

        assert [1.0, 1.0] == pytest.approx([float(np.linalg.norm(vector)) for vector in told], abs=1e-4)
        assert float(np.dot(*told)) == pytest.approx(float(row[b"similarity"]), abs=1e-3)


class TestRow6AnEmbeddersOutageIsSurvived:
    def test_exact_hits_still_work_and_nothing_fails(self, start_server, upstream):
        embedder = FakeUpstream()
        own = start_server("--gateway-upstreams", upstream.url, *flags_of(embedder), embedder="remote")
        with client_of(own, "sk-me") as client:
            stored(client, HOW)
            embedder.stop()

            assert ["exact", "none", "none"] == [match(client, HOW), match(client, SAME), match(client, OTHER)]
            stored(client, OTHER)
            assert "exact" == match(client, HOW)


class TestRow7OnlyWholeSuccessfulAnswersAreStoredAndNobodyWaits:
    @pytest.mark.parametrize(
        "how", [Behaviour(status=400), Behaviour(status=404), Behaviour(status=500), Behaviour(status=529)]
    )
    def test_failures_are_never_stored(self, client, upstream, how):
        upstream.script.append(how)
        with pytest.raises(openai.APIStatusError):
            ask(client, HOW)
        time.sleep(0.2)

        assert "none" == match(client, HOW)

    def test_a_stream_that_is_cut_off_is_never_stored(self, client, upstream):
        upstream.script.append(Behaviour(cut_after=2))
        with pytest.raises(Exception, match=r"."), client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": HOW}], stream=True
        ) as stream:  # fmt: skip
            list(stream)
        time.sleep(0.2)

        assert "none" == match(client, HOW)

    def test_the_response_does_not_wait_for_the_storing(self, start_server, upstream):
        embedder = FakeUpstream()
        own = start_server("--gateway-upstreams", upstream.url, *flags_of(embedder), embedder="remote")
        embedder.usual = Behaviour(before_s=2.0)
        refreshed = {"x-crowkis-cache-control": "refresh"}
        with client_of(own, "sk-me") as client:
            ask(client, HOW, extra_headers=refreshed)
            began = time.monotonic()
            found = match(client, OTHER, extra_headers=refreshed)
            took_s = time.monotonic() - began
            time.sleep(0.1)
            meanwhile = own.figure("stores_total")
        embedder.stop()

        assert ("none", True) == (found, took_s < 1.0)
        assert meanwhile == 0


class TestRow8DanglingReferencesAreCleaned:
    def test_an_answer_that_is_gone_takes_its_vector_with_it(self, client, wire):
        stored(client, HOW)
        key = ask(client, HOW)[0].headers["x-crowkis-key"]
        vectors = wire("CVECCOUNT")
        wire("CDELETEKEY", key)

        assert "none" == match(client, SAME, **READ_ONLY)
        assert vectors - 1 == wire("CVECCOUNT")

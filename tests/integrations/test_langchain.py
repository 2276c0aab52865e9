"""LangChain's own suites for caches, and a model asked once for what means the same."""

import asyncio
import json
import warnings

import pytest

pytest.importorskip("langchain_tests")

from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, Generation
from langchain_tests.integration_tests import AsyncCacheTestSuite, SyncCacheTestSuite

from crowkis.client import Crowkis
from crowkis.integrations.langchain import CrowkisCache

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def server(start_module_server, model_flags):
    return start_module_server(*model_flags, embedder="minilm")


class TestSync(SyncCacheTestSuite):
    @pytest.fixture
    def cache(self, server, wire):
        return CrowkisCache(port=server.port)


class TestAsync(AsyncCacheTestSuite):
    @pytest.fixture
    async def cache(self, server, wire):
        return CrowkisCache(port=server.port)


@pytest.fixture
def cache(server, wire):
    return CrowkisCache(port=server.port, ttl_s=60)


def test_a_model_is_asked_once_for_what_means_the_same(cache):
    model = FakeListLLM(responses=["first", "second", "third"], cache=cache)

    assert "first" == model.invoke("How do I reset my password?")
    assert "first" == model.invoke("how can i reset my password")
    assert "second" == model.invoke("how can i not reset my password")


def test_a_chat_is_known_by_its_last_question_and_its_system_message(cache):
    model = FakeListChatModel(responses=["first", "second", "third"], cache=cache)
    kind, rude = SystemMessage("Be kind."), SystemMessage("Be rude.")

    def ask(*messages):
        return model.invoke(list(messages)).content

    assert "first" == ask(kind, HumanMessage("How do I reset my password?"))
    assert "first" == ask(kind, HumanMessage("how can i reset my password"))
    assert "second" == ask(rude, HumanMessage("how can i reset my password"))
    before = [kind, HumanMessage("Which plans are there?"), AIMessage("Basic and Pro.")]
    assert "third" == ask(*before, HumanMessage("What does it cost?"))


def test_calls_of_tools_and_their_results_are_compared_exactly_and_survive(cache):
    call = AIMessage("", tool_calls=[{"name": "weather", "args": {"city": "Oslo"}, "id": "1"}])
    model = FakeListChatModel(responses=["first", "second", "third"], cache=cache)

    def ask(result):
        return model.invoke([HumanMessage("How is the weather?"), call, ToolMessage(result, tool_call_id="1")]).content

    assert ["first", "first", "second"] == [ask("It rains in Oslo."), ask("It rains in Oslo."), ask("It rains in oslo")]
    made = [ChatGeneration(message=call, generation_info={"finish_reason": "tool_calls"})]
    cache.update("weather in Oslo", "model", made)
    assert made == cache.lookup("weather in Oslo", "model")


def test_nothing_but_generations_is_made_of_what_is_stored(cache, server):
    cache.update("how do i log in", "model", [Generation(text="Like so.")])
    raw = Crowkis(port=server.port, namespace="langchain")
    key = raw.lookup("how do i log in", model=model_of(raw)).key
    prompt = {"lc": 1, "type": "constructor", "id": ["langchain", "prompts", "prompt", "PromptTemplate"],
              "kwargs": {"template": "x", "input_variables": []}}  # fmt: skip
    rows = [[json.dumps(prompt)], [prompt], [{"type": "PromptTemplate", "text": "x", "generation_info": None}],
            [{"type": "ChatGeneration", "message": prompt, "generation_info": None}], "no list", 7]  # fmt: skip
    for row in rows:
        raw.store("how do i log in", json.dumps(row), model=model_of(raw))

        assert cache.lookup("how do i log in", "model") is None
    assert key


def model_of(raw):
    """The name under which the one answer there is is kept."""
    return next(row["model"] for row in raw._redis.execute_command("CSCAN", 0, "NAMESPACE", "langchain", "DETAILS")[1])


def test_nothing_warns(cache):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.update("how do i log in", "model", [ChatGeneration(message=AIMessage("Like so."))])

        assert "Like so." == cache.lookup("how do i log in", "model")[0].text


def test_without_a_cache_models_are_asked(caplog):
    cache = CrowkisCache(port=1)
    model = FakeListChatModel(responses=["first", "second", "third"], cache=cache)

    assert ["first", "second"] == [model.invoke("how do i log in").content for _ in range(2)]
    assert "third" == asyncio.run(model.ainvoke("how do i log in")).content
    assert 1 == len([one for one in caplog.records if one.name == "crowkis"])

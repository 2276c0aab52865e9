"""LangChain's own suites for caches, and a model asked once for what means the same."""

import pytest

pytest.importorskip("langchain_tests")

from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_tests.integration_tests import AsyncCacheTestSuite, SyncCacheTestSuite

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

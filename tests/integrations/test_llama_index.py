"""An LLM of LlamaIndex with the cache in front: every way it is asked, and what must not be kept."""

import asyncio

import pytest

pytest.importorskip("llama_index.core")

from llama_index.core import Document, Settings, SummaryIndex
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, CompletionResponse, ImageBlock, TextBlock
from llama_index.core.llms import CustomLLM, LLMMetadata, mock
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.tools import FunctionTool
from pydantic import PrivateAttr

from crowkis.integrations.llama_index import CachedLLM, ChatCache

pytestmark = pytest.mark.process

HOW = "how do i log in"


class Counting(CustomLLM):
    """Numbers its answers; `raw` is what its provider would have said besides."""

    name: str = "counting"
    temperature: float = 0.0
    api_key: str = "sk-me"
    raw: object = None
    _asked: list[str] = PrivateAttr(default_factory=list)

    @property
    def metadata(self):
        return LLMMetadata(model_name=self.name, is_chat_model=True)

    def answered(self, prompt):
        self._asked.append(prompt)
        return f"answer {len(self._asked)} to some question"

    @llm_completion_callback()
    def complete(self, prompt, formatted=False, **kwargs):
        return CompletionResponse(text=self.answered(prompt), raw=self.raw)

    @llm_completion_callback()
    def stream_complete(self, prompt, formatted=False, **kwargs):
        def growing():
            text = ""
            for word in self.answered(prompt).split(" "):
                text += word + " "
                yield CompletionResponse(text=text, delta=word + " ", raw=self.raw)

        return growing()


@pytest.fixture
def llm(server, wire):
    return CachedLLM(Counting(), ChatCache(port=server.port))


def user(text=HOW):
    return [ChatMessage(role="user", content=text)]


def last_and_deltas(responses):
    responses = list(responses)
    return str(responses[-1]), "".join(one.delta for one in responses), len(responses)


class TestAsking:
    def test_chats_and_completions_are_answered_once_each(self, llm):
        chats, completions = [llm.chat(user()) for _ in "ab"], [llm.complete(HOW) for _ in "ab"]

        assert ["assistant: answer 1 to some question"] * 2 == [str(one) for one in chats]
        assert ["answer 2 to some question"] * 2 == [str(one) for one in completions]
        assert [{}, {"cached": True}] * 2 == [one.additional_kwargs for one in (*chats, *completions)]

    def test_streams_there_and_back(self, llm):
        first, second = last_and_deltas(llm.stream_chat(user())), last_and_deltas(llm.stream_chat(user()))
        whole = llm.chat(user())

        assert first[:2] == second[:2]
        assert first[0] == str(whole)
        assert second[2] > 1
        one, other = last_and_deltas(llm.stream_complete(HOW)), last_and_deltas(llm.stream_complete(HOW))
        assert one[:2] == other[:2]
        assert 2 == len(llm.llm._asked)

    def test_tasks_ask_in_all_four_ways(self, llm):
        async def use():
            found = []
            for _ in "ab":
                found.append(str(await llm.achat(user())))
                found.append([str(one) async for one in await llm.astream_chat(user("which colours are there"))][-1])
                found.append(str(await llm.acomplete(HOW)))
                found.append([str(one) async for one in await llm.astream_complete("which colours are there")][-1])
            return found

        found = asyncio.run(use())

        assert found[:4] == found[4:]
        assert 4 == len(llm.llm._asked)

    def test_whatever_else_differs_is_another_question(self, llm, server):
        llm.chat(user())
        others = [Counting(name="other"), Counting(temperature=0.5)]
        llm.chat([ChatMessage(role="system", content="Be rude."), *user()])
        llm.chat(user(), temperature=0.5)
        for other in others:
            CachedLLM(other, ChatCache(port=server.port, namespace="chats")).chat(user())
        picture = ImageBlock(url="http://127.0.0.1/a.png")
        llm.chat([ChatMessage(role="user", blocks=[TextBlock(text=HOW), picture])])
        assert [4, 1, 1] == [len(one._asked) for one in (llm.llm, *others)]

    def test_another_key_is_the_same_model(self, llm, server):
        llm.chat(user())
        other = CachedLLM(Counting(api_key="sk-other"), ChatCache(port=server.port))

        assert "assistant: answer 1 to some question" == str(other.chat(user()))


class TestWhatIsKept:
    @pytest.mark.parametrize("raw", [{"choices": [{"finish_reason": "length"}]}, {"stop_reason": "max_tokens"},
                                     {"done_reason": "length"}])  # fmt: skip
    def test_what_was_cut_off_is_not(self, server, wire, raw):
        llm = CachedLLM(Counting(raw=raw), ChatCache(port=server.port))
        for ask in (llm.chat, lambda said: list(llm.stream_chat(said))):
            ask(user())
            ask(user())

        assert 4 == len(llm.llm._asked)

    def test_what_ended_by_itself_is(self, server, wire):
        llm = CachedLLM(Counting(raw={"choices": [{"finish_reason": "stop"}]}), ChatCache(port=server.port))
        llm.chat(user())
        llm.chat(user())

        assert 1 == len(llm.llm._asked)

    def test_a_parameter_that_cannot_be_compared_passes(self, llm):
        llm.chat(user(), callback=object())
        llm.chat(user(), callback=object())

        assert 2 == len(llm.llm._asked)

    def test_calls_of_tools_go_straight_to_the_model(self, server, wire):
        def weather(city: str) -> str:
            """The weather of a city."""
            return f"It rains in {city}."

        if not hasattr(mock, "MockFunctionCallingLLM"):
            pytest.skip("this version of llama-index-core has no stand-in that calls tools")
        llm = CachedLLM(mock.MockFunctionCallingLLM(), ChatCache(port=server.port))
        found = [llm.chat_with_tools([FunctionTool.from_defaults(weather)], user_msg="Weather?") for _ in "ab"]

        assert llm.metadata.is_function_calling_model
        assert all(isinstance(one, ChatResponse) and not one.additional_kwargs.get("cached") for one in found)

    def test_without_a_cache_models_are_asked(self):
        llm = CachedLLM(Counting(), ChatCache(port=1))
        llm.chat(user())
        asyncio.run(llm.achat(user()))

        assert 2 == len(llm.llm._asked)


def test_an_index_is_asked_once(llm, monkeypatch):
    monkeypatch.setattr(Settings, "_llm", llm)
    engine = SummaryIndex.from_documents([Document(text="Settings > Security > Reset.")]).as_query_engine()

    assert str(engine.query(HOW)) == str(engine.query(HOW))
    assert 1 == len(llm.llm._asked)


@pytest.mark.model
def test_the_same_in_other_words_is_a_hit_and_the_opposite_is_not(start_server, model_flags):
    own = start_server(*model_flags, embedder="minilm")
    llm = CachedLLM(Counting(), ChatCache(port=own.port))
    for text in ("How do I reset my password?", "how can i reset my password", "how can i not reset my password"):
        llm.chat(user(text))

    assert 2 == len(llm.llm._asked)

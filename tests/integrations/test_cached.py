"""Functions of four kinds behind the decorator, against a real server."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from crowkis.client import AsyncCrowkis, Crowkis
from crowkis.integrations.cached import cached

pytestmark = pytest.mark.process

HOW = "how do i log in"


@pytest.fixture
def cache(server, wire):
    return Crowkis(port=server.port)


@pytest.fixture
def async_cache(server, wire):
    return AsyncCrowkis(port=server.port)


def test_a_function_is_called_once_for_a_question(cache):
    calls = []

    @cached(cache, ttl_s=60)
    def answer(question: str, language: str = "en") -> str:
        """Answers."""
        calls.append((question, language))
        return f"answer {len(calls)}"

    assert ["answer 1"] * 3 == [answer(HOW), answer(question=HOW), answer(HOW, "en")]
    assert "answer 2" == answer(HOW, language="de")
    assert "answer 3" == answer("which colours are there")
    assert ("answer", "Answers.", 3) == (answer.__name__, answer.__doc__, len(calls))
    assert 0 < cache.similar(HOW)[0].similarity


def test_many_at_once_call_it_once(cache):
    calls = []

    @cached(cache)
    def answer(question):
        calls.append(question)
        time.sleep(0.3)
        return "Like so."

    with ThreadPoolExecutor(8) as threads:
        assert ["Like so."] * 8 == list(threads.map(answer, [HOW] * 8))
    assert [HOW] == calls


def test_two_functions_never_share_answers_unless_they_share_a_name(cache):
    one = cached(cache)(lambda question: "one")
    other = cached(cache, name="other")(lambda question: "other")
    same = cached(cache, name="other")(lambda question: "never called")

    assert ["one", "other", "other"] == [one(HOW), other(HOW), same(HOW)]


def test_pieces_are_kept_when_all_of_them_came(cache):
    calls = []

    @cached(cache)
    def answer(question):
        calls.append(question)
        yield from ("Open ", "Settings, ", "then ", "press ", "the ", "green ", "button.")

    left = answer(HOW)
    next(left)
    left.close()

    assert ["Open Settings, then press the green button."] * 3 == ["".join(answer(HOW)) for _ in range(3)]
    assert 2 == len(calls)
    assert len(list(answer(HOW))) > 1


def test_async_functions_and_generators_are_taken_too(async_cache):
    calls = []

    @cached(async_cache)
    async def answer(question):
        calls.append(question)
        await asyncio.sleep(0.1)
        return "Like so."

    @cached(async_cache)
    async def typed(question):
        calls.append(question)
        for word in ("Open ", "Settings."):
            yield word

    async def use():
        found = await asyncio.gather(*(answer(HOW) for _ in range(5)))
        pieces = ["".join([piece async for piece in typed(HOW)]) for _ in range(2)]
        await async_cache.close()
        return found, pieces

    assert (["Like so."] * 5, ["Open Settings."] * 2) == asyncio.run(use())
    assert 2 == len(calls)


def test_methods_and_other_parameters_are_named(cache):
    class Bot:
        calls = 0

        @cached(cache, question="text", ignore=["self", "client"])
        def answer(self, client, text):
            self.calls += 1
            return f"answer {self.calls}"

    bot = Bot()

    assert ["answer 1"] * 2 == [bot.answer(object(), HOW), bot.answer(object(), text=HOW)]


def test_what_cannot_be_cached_says_what_to_do(cache, async_cache):
    with pytest.raises(TypeError, match=r"ignore=\[\.\.\.\]"):
        cached(cache)(lambda question, client: "x")(HOW, object())
    with pytest.raises(TypeError, match="question as text"):
        cached(cache)(lambda question: "x")(7)
    with pytest.raises(TypeError, match="must answer with text to be cached, not int"):
        cached(cache)(lambda question: 7)(HOW)
    with pytest.raises(TypeError, match="no parameter client"):
        cached(cache, ignore=["client"])(lambda question: "x")
    with pytest.raises(TypeError, match="needs a Crowkis"):
        cached(async_cache)(lambda question: "x")


def test_without_a_cache_functions_are_called():
    plain = cached(Crowkis(port=1))(lambda question: "Like so.")

    def pieces(question):
        yield "Like "
        yield "so."

    async def typed(question):
        yield "Like "
        yield "so."

    async def use():
        return "".join([piece async for piece in cached(AsyncCrowkis(port=1))(typed)(HOW)])

    assert ["Like so."] * 3 == [plain(HOW), "".join(cached(Crowkis(port=1))(pieces)(HOW)), asyncio.run(use())]


@pytest.mark.model
def test_the_same_in_other_words_is_a_hit_and_the_opposite_is_not(start_server, model_flags):
    own = start_server(*model_flags, embedder="minilm")
    calls = []

    @cached(Crowkis(port=own.port))
    def answer(question):
        calls.append(question)
        return f"answer {len(calls)}"

    asked = ["How do I reset my password?", "how can i reset my password", "how can i not reset my password"]

    assert ["answer 1", "answer 1", "answer 2"] == [answer(text) for text in asked]

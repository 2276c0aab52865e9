import os
import queue
import sys
import threading

import numpy as np
import pytest

from crowkis.embed.hashing import HashingEmbedder
from crowkis.embed.memo import Memo
from crowkis.embed.pool import EmbedPool
from crowkis.interfaces import EmbedderError, TextRefusedError

PATIENCE_S = 10.0


class Steered(HashingEmbedder):
    """Embeds only what it is let; notes in which runs texts came."""

    batch_texts_max = 1

    def __init__(self, gated=False):
        super().__init__(16)
        self.runs = []
        self.names = set()
        self.niceness = []
        self.begun = threading.Semaphore(0)
        self.gate = threading.Semaphore(0) if gated else None

    def embed(self, texts):
        self.names.add(threading.current_thread().name)
        if sys.platform == "linux":
            self.niceness.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        self.runs.append(list(texts))
        self.begun.release()
        if self.gate is not None:
            assert self.gate.acquire(timeout=PATIENCE_S)
        if "broken" in texts:
            raise ZeroDivisionError("a secret text")
        if "refused" in texts:
            raise TextRefusedError("too long")
        if "down" in texts:
            raise EmbedderError("no answer")
        if "short" in texts:
            return []
        return super().embed(texts)


class Loop:
    """Stands for the event loop: what is delivered runs when the test says so, on the test's thread."""

    def __init__(self):
        self.calls = queue.SimpleQueue()
        self.wakes = 0
        self.done = []

    def deliver(self, call):
        self.wakes += 1
        self.calls.put(call)

    def hear(self, text):
        return lambda result: self.done.append((text, result))

    def run_until(self, count):
        while len(self.done) < count:
            self.calls.get(timeout=PATIENCE_S)()


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def pool_of(loop):
    pools = []

    def make(embedder, workers=1, queue_texts_max=100, memo=None, **options):
        pool = EmbedPool(embedder, workers, queue_texts_max, memo or Memo(1 << 20), loop.deliver, **options)
        pools.append((pool, embedder))
        return pool

    yield make
    for pool, embedder in pools:
        if getattr(embedder, "gate", None):
            embedder.gate.release(1_000)
        pool.close(PATIENCE_S)


class TestEmbedding:
    def test_a_text_comes_back_as_its_vector(self, loop, pool_of):
        pool = pool_of(HashingEmbedder())

        assert pool.submit("hello", loop.hear("hello"))
        loop.run_until(1)
        assert np.array_equal(HashingEmbedder().embed(["hello"])[0], loop.done[0][1])

    def test_one_worker_keeps_the_order_of_asking(self, loop, pool_of):
        pool = pool_of(Steered())
        texts = [f"text {number}" for number in range(50)]
        for text in texts:
            pool.submit(text, loop.hear(text))
        loop.run_until(50)

        assert texts == [text for text, _ in loop.done]

    def test_several_workers_give_each_asker_the_vector_of_his_text(self, loop, pool_of):
        pool = pool_of(Steered(), workers=4, queue_texts_max=1_000)
        for number in range(400):
            pool.submit(f"text {number % 130}", loop.hear(f"text {number % 130}"))
        loop.run_until(400)
        oracle = HashingEmbedder(16)

        assert all(np.array_equal(oracle.embed([text])[0], vector) for text, vector in loop.done)

    def test_an_asker_is_told_on_the_loops_thread_and_never_from_within_submit(self, loop, pool_of):
        threads = []
        pool = pool_of(HashingEmbedder())
        pool.submit("hello", lambda result: threads.append(threading.current_thread()))
        call = loop.calls.get(timeout=PATIENCE_S)

        assert [] == threads
        call()
        assert [threading.current_thread()] == threads

    def test_many_results_need_few_wake_ups(self, loop, pool_of):
        embedder = Steered()
        pool = pool_of(embedder)
        for number in range(100):
            pool.submit(f"text {number}", loop.hear(number))
        for _ in range(100):
            assert embedder.begun.acquire(timeout=PATIENCE_S)
        pool.close(PATIENCE_S)

        assert 100 == len(loop.done)
        assert 1 == loop.wakes

    def test_a_worker_takes_as_many_waiting_texts_as_the_embedder_wants_at_once(self, loop, pool_of):
        embedder = Steered(gated=True)
        embedder.batch_texts_max = 4
        pool = pool_of(embedder)
        pool.submit("first", loop.hear("first"))
        assert embedder.begun.acquire(timeout=PATIENCE_S)
        for number in range(6):
            pool.submit(f"text {number}", loop.hear(number))
        embedder.gate.release(10)
        loop.run_until(7)

        assert [1, 4, 2] == [len(run) for run in embedder.runs]

    def test_workers_are_named_and_give_way_to_the_loop(self, loop, pool_of):
        embedder = Steered()
        pool = pool_of(embedder)
        pool.submit("hello", loop.hear("hello"))
        loop.run_until(1)

        assert {"crowkis-embed-0"} == embedder.names
        if sys.platform == "linux":
            assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < embedder.niceness[0]


class TestSharingWork:
    def test_a_text_asked_for_by_many_at_once_is_embedded_once(self, loop, pool_of):
        embedder = Steered(gated=True)
        pool = pool_of(embedder, workers=2)
        for asker in range(10):
            assert pool.submit("same", loop.hear(asker))
        embedder.gate.release()
        loop.run_until(10)

        assert [["same"]] == embedder.runs
        assert list(range(10)) == [asker for asker, _ in loop.done]
        assert (10, 9, 1) == (pool.submitted, pool.joined, pool.embedded)

    def test_an_embedded_text_is_recalled_without_embedding(self, loop, pool_of):
        pool = pool_of(Steered())

        assert pool.recall("hello") is None
        pool.submit("hello", loop.hear("hello"))
        loop.run_until(1)
        assert np.array_equal(loop.done[0][1], pool.recall("hello"))
        assert (1, 1) == (pool.memo.hits, pool.memo.misses)

    def test_after_it_came_back_a_text_is_embedded_again_if_asked_again(self, loop, pool_of):
        embedder = Steered()
        pool = pool_of(embedder, memo=Memo(0))
        for count in (1, 2):
            pool.submit("hello", loop.hear("hello"))
            loop.run_until(count)

        assert [["hello"], ["hello"]] == embedder.runs


class TestLimits:
    def test_a_full_queue_refuses_and_takes_again_when_there_is_room(self, loop, pool_of):
        embedder = Steered(gated=True)
        pool = pool_of(embedder, queue_texts_max=2)
        pool.submit("running", loop.hear("running"))
        assert embedder.begun.acquire(timeout=PATIENCE_S)

        assert [True, True, False] == [pool.submit(f"text {number}", loop.hear(number)) for number in range(3)]
        assert (2, 3, 1) == (pool.queue_texts, pool.flight_texts, pool.refused)
        embedder.gate.release(10)
        loop.run_until(3)
        assert pool.submit("text 2", loop.hear(2))

    def test_a_text_already_in_flight_needs_no_room(self, loop, pool_of):
        embedder = Steered(gated=True)
        pool = pool_of(embedder, queue_texts_max=1)
        pool.submit("running", loop.hear("running"))
        assert embedder.begun.acquire(timeout=PATIENCE_S)
        pool.submit("waiting", loop.hear("waiting"))

        assert pool.submit("waiting", loop.hear("waiting"))
        assert pool.submit("running", loop.hear("running"))
        assert not pool.submit("other", loop.hear("other"))


class TestFailures:
    @pytest.mark.parametrize("text", ["broken", "refused", "down", "short"])
    def test_a_failure_is_told_and_the_worker_goes_on(self, loop, pool_of, text):
        pool = pool_of(Steered())
        pool.submit(text, loop.hear(text))
        pool.submit("fine", loop.hear("fine"))
        loop.run_until(2)

        assert isinstance(loop.done[0][1], EmbedderError)
        assert "secret" not in str(loop.done[0][1])
        assert isinstance(loop.done[1][1], np.ndarray)
        assert (1, 1) == (pool.embedded, pool.failed)

    def test_a_failure_is_not_remembered(self, loop, pool_of):
        pool = pool_of(Steered())
        pool.submit("down", loop.hear("down"))
        loop.run_until(1)

        assert pool.recall("down") is None

    def test_a_refused_text_does_not_fail_those_that_came_with_it(self, loop, pool_of):
        embedder = Steered(gated=True)
        embedder.batch_texts_max = 8
        embedder.gate.release(100)
        pool = pool_of(embedder)
        texts = ["a", "refused", "b", "c"]
        for text in texts:
            pool.submit(text, loop.hear(text))
        loop.run_until(4)

        assert ["refused"] == [text for text, result in loop.done if isinstance(result, EmbedderError)]

    def test_an_outage_fails_the_batch_without_asking_again_for_each_text(self, loop, pool_of):
        embedder = Steered(gated=True)
        embedder.batch_texts_max = 8
        pool = pool_of(embedder)
        pool.submit("first", loop.hear("first"))
        assert embedder.begun.acquire(timeout=PATIENCE_S)
        for text in ("a", "down", "b"):
            pool.submit(text, loop.hear(text))
        embedder.gate.release(100)
        loop.run_until(4)

        assert [["first"], ["a", "down", "b"]] == embedder.runs
        assert 3 == pool.failed

    def test_an_asker_that_raises_does_not_keep_the_others_waiting(self, loop, pool_of):
        def raises(result):
            raise KeyError("a bug of ours")

        pool = pool_of(Steered())
        pool.submit("same", raises)
        pool.submit("same", loop.hear("same"))
        with pytest.raises(KeyError):
            loop.calls.get(timeout=PATIENCE_S)()
        loop.run_until(1)

        assert "same" == loop.done[0][0]


class TestClosing:
    def test_closing_finishes_what_is_running_and_fails_what_waits(self, loop, pool_of):
        embedder = Steered(gated=True)
        pool = pool_of(embedder)
        for text in ("running", "waiting"):
            pool.submit(text, loop.hear(text))
        assert embedder.begun.acquire(timeout=PATIENCE_S)
        embedder.gate.release()

        assert pool.close(PATIENCE_S)
        told = dict(loop.done)
        assert isinstance(told["running"], np.ndarray)
        assert isinstance(told["waiting"], EmbedderError)
        assert [["running"]] == embedder.runs

    def test_closing_does_not_wait_longer_than_told_and_still_tells_everybody(self, loop, pool_of):
        embedder = Steered(gated=True)
        pool = pool_of(embedder)
        pool.submit("stuck", loop.hear("stuck"))
        assert embedder.begun.acquire(timeout=PATIENCE_S)

        assert not pool.close(0.01)
        assert isinstance(loop.done[0][1], EmbedderError)

    def test_a_closed_pool_takes_nothing(self, loop, pool_of):
        pool = pool_of(Steered())
        pool.close(PATIENCE_S)

        assert not pool.submit("late", loop.hear("late"))
        assert [] == loop.done

    def test_a_result_after_the_loop_has_gone_is_dropped_quietly(self):
        def gone(call):
            raise RuntimeError("Event loop is closed")

        embedder = Steered()
        pool = EmbedPool(embedder, 1, 10, Memo(0), gone)
        pool.submit("late", lambda result: None)
        assert embedder.begun.acquire(timeout=PATIENCE_S)

        assert pool.close(PATIENCE_S)

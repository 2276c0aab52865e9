"""What frameworks plug a Redis into works with ours in its place: Django, Flask-Caching, Celery, LangChain, LiteLLM.

Each is used as its own documentation says, through its own client. They are large: `pip install '.[frameworks]'` brings
them, and a test whose framework is missing is skipped.
"""

import os
import subprocess
import sys
import time

import pytest
import redis

pytestmark = pytest.mark.process

CELERY_APP = """
from celery import Celery, group

app = Celery("shop", broker="filesystem://", backend=URL)
FOLDER = {"data_folder_in": QUEUE, "data_folder_out": QUEUE, "control_folder": QUEUE}
app.conf.update(broker_transport_options=FOLDER, worker_enable_remote_control=False, result_expires=600)

@app.task
def add(x, y):
    return x + y

@app.task(bind=True, max_retries=2)
def flaky(self):
    if self.request.retries < 2:
        raise self.retry(countdown=0)
    return self.request.retries

@app.task
def broken():
    raise ValueError("no such order")
"""


def url(server, db=0):
    return f"redis://127.0.0.1:{server.port}/{db}"


def keys(server, db=0):
    with redis.Redis(port=server.port, db=db) as client:
        return set(client.keys())


class TestDjango:
    @pytest.fixture
    def cache(self, server, wire):
        pytest.importorskip("django")
        from django.conf import settings
        from django.core.cache.backends.redis import RedisCache

        if not settings.configured:
            settings.configure()
        made = RedisCache(url(server, 1), {"KEY_PREFIX": "shop"})
        made.clear()
        return made

    def test_the_cache_backend_keeps_objects_and_lifetimes(self, cache, server):
        cache.set("user", {"name": "Ada", "roles": ["admin"]}, timeout=60)
        cache.set("short", 1, timeout=0)

        assert {"name": "Ada", "roles": ["admin"]} == cache.get("user")
        assert cache.get("short") is None
        assert {b"shop:1:user"} == keys(server, 1)
        assert [True, False] == [cache.add("new", 1), cache.add("new", 2)]
        assert cache.touch("new", 30)
        assert [6, 4] == [cache.incr("new", 5), cache.decr("new", 2)]
        with pytest.raises(ValueError, match="not found"):
            cache.incr("absent")

    def test_many_keys_and_clear(self, cache, server):
        assert [] == cache.set_many({"a": 1, "b": "two"}, timeout=60)
        assert {"a": 1, "b": "two"} == cache.get_many(["a", "b", "c"])
        assert [True, False] == [cache.has_key("a"), cache.has_key("c")]
        assert 7 == cache.get_or_set("c", lambda: 7)
        cache.delete_many(["a"])
        assert cache.delete("b")

        cache.clear()

        assert set() == keys(server, 1)


class TestFlaskCaching:
    @pytest.fixture
    def cache(self, server, wire):
        flask, caching = pytest.importorskip("flask"), pytest.importorskip("flask_caching")
        app = flask.Flask("shop")
        made = caching.Cache(
            app, config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": url(server), "CACHE_KEY_PREFIX": "shop:"}
        )
        with app.app_context():
            yield made

    def test_views_are_computed_once(self, cache):
        calls = []

        @cache.memoize(60)
        def price(product):
            calls.append(product)
            return {"product": product, "cents": 499}

        assert [price("tea"), price("tea"), price("pot")] == [
            {"product": name, "cents": 499} for name in ("tea", "tea", "pot")
        ]
        assert ["tea", "pot"] == calls
        cache.delete_memoized(price, "tea")
        price("tea")
        assert ["tea", "pot", "tea"] == calls

    def test_the_backend_s_own_words(self, cache, server):
        assert cache.set("a", [1, 2], timeout=60)
        assert cache.add("b", "x")
        assert cache.set_many({"c": 3, "d": None})
        assert [[1, 2], "x", 3] == cache.get_many("a", "b", "c")
        assert cache.has("a")
        assert cache.delete_many("a", "b")
        assert cache.cache.inc("n", 2) == 2
        cache.clear()

        assert set() == keys(server)


class TestCelery:
    """As result backend; its broker and its chords need Lua, which is not here."""

    @pytest.fixture
    def shop(self, server, wire, tmp_path, monkeypatch):
        pytest.importorskip("celery")
        (tmp_path / "queue").mkdir()
        names = f"URL, QUEUE = {url(server, 2)!r}, {str(tmp_path / 'queue')!r}\n"
        (tmp_path / "shop.py").write_text(names + CELERY_APP)
        monkeypatch.syspath_prepend(tmp_path)
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "shop", "worker", "--pool", "solo", "--loglevel", "warning",
             "--without-gossip", "--without-mingle"],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        )  # fmt: skip
        import shop

        yield shop
        worker.terminate()
        try:
            worker.wait(20)
        finally:
            worker.kill()
        sys.modules.pop("shop", None)

    def test_the_result_backend(self, shop, server):
        assert 5 == shop.add.delay(2, 3).get(timeout=60)
        assert [1, 3, 5] == shop.group(shop.add.s(n, n + 1) for n in range(3))().get(timeout=60)
        assert 2 == shop.flaky.delay().get(timeout=60)
        with pytest.raises(ValueError, match="no such order"):
            shop.broken.delay().get(timeout=60)
        later = shop.add.apply_async((20, 22), countdown=1)
        assert 42 == later.get(timeout=60)
        later.forget()
        assert b"celery-task-meta-" + later.id.encode() not in keys(server, 2)


class TestLangChain:
    @pytest.fixture
    def langchain(self, server, wire):
        pytest.importorskip("langchain_community")
        from langchain_community.cache import RedisCache

        return RedisCache

    def test_the_llm_cache_answers_the_second_call(self, langchain, server):
        from langchain_core.language_models import FakeListLLM

        with redis.Redis(port=server.port) as client:
            model = FakeListLLM(responses=["first", "second", "third"], cache=langchain(client, ttl=60))

            assert ["first", "first"] == [model.invoke("how do i log in"), model.invoke("how do i log in")]
            assert "second" == model.invoke("how do i log out")
            model.cache.clear()
            assert "third" == model.invoke("how do i log in")

    def test_chat_messages_survive(self, langchain, server):
        from langchain_core.language_models import FakeListChatModel

        with redis.Redis(port=server.port) as client:
            model = FakeListChatModel(responses=["first", "second"], cache=langchain(client))

            assert ["first", "first"] == [model.invoke("how do i log in").content for _ in range(2)]


class TestLiteLLM:
    @pytest.fixture
    def litellm(self, server, wire, monkeypatch):
        monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        made = pytest.importorskip("litellm")
        made.telemetry = False
        made.cache = made.Cache(type="redis", host="127.0.0.1", port=str(server.port), ttl=60, namespace="shop")
        yield made
        made.cache = None

    def ask(self, litellm, question, answer):
        messages = [{"role": "user", "content": question}]
        return litellm.completion(model="gpt-4o-mini", messages=messages, mock_response=answer, caching=True)

    def test_its_redis_cache_answers_the_second_call(self, litellm, server):
        first = self.ask(litellm, "how do i log in", "first")
        deadline = time.monotonic() + 10
        while not keys(server) and time.monotonic() < deadline:
            time.sleep(0.05)
        second = self.ask(litellm, "how do i log in", "second")
        other = self.ask(litellm, "how do i log out", "third")

        assert ["first", "first", "third"] == [r.choices[0].message.content for r in (first, second, other)]
        assert all(key.startswith(b"shop:") for key in keys(server))
        with redis.Redis(port=server.port) as client:
            assert 0 < client.ttl(next(iter(keys(server)))) <= 60

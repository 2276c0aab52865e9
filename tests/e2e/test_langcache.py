"""LangCache's official client works against this server."""

import httpx
import pytest
from langcache import LangCache, errors

pytestmark = [pytest.mark.process, pytest.mark.model]

HOW, SAME, NOT = "How do I reset my password?", "how can i reset my password", "how can i not reset my password"
ANSWER = "Open Settings, then Reset password."


@pytest.fixture(scope="module")
def server(start_module_server, model_flags):
    return start_module_server(*model_flags, embedder="minilm")


@pytest.fixture
def base(server, wire):
    return f"http://127.0.0.1:{server.http_port}"


@pytest.fixture
def cache(base):
    with LangCache(server_url=base, cache_id="shop", api_key="none") as made:
        yield made


def test_what_was_set_is_found_in_other_words_and_not_in_the_opposite(cache):
    made = cache.set(prompt=HOW, response=ANSWER)
    same, exact, other = (cache.search(prompt=prompt).data for prompt in (SAME, HOW, NOT))

    assert [(made.entry_id, HOW, ANSWER, "semantic")] == [
        (hit.id, hit.prompt, hit.response, hit.search_strategy.value) for hit in same
    ]
    assert 0.8 < same[0].similarity < 1
    assert ["exact", 1.0] == [exact[0].search_strategy.value, round(exact[0].similarity, 3)]
    assert [] == other


def test_a_threshold_is_a_similarity_and_strategies_are_kept_to(cache):
    cache.set(prompt=HOW, response=ANSWER)

    assert [] == cache.search(prompt=SAME, similarity_threshold=0.999).data
    assert 1 == len(cache.search(prompt=SAME, similarity_threshold=0.8).data)
    assert [] == cache.search(prompt=SAME, search_strategies=["exact"]).data
    assert 1 == len(cache.search(prompt=HOW, search_strategies=["exact", "semantic"]).data)


def test_attributes_divide_and_are_told(cache):
    ada = cache.set(prompt=HOW, response="Ada's", attributes={"user": "ada", "lang": "en"})
    bob = cache.set(prompt=HOW, response="Bob's", attributes={"user": "bob"})

    assert ada.entry_id != bob.entry_id
    found = cache.search(prompt=SAME, attributes={"user": "ada"}).data
    assert [("Ada's", {"user": "ada", "lang": "en"})] == [(hit.response, hit.attributes) for hit in found]
    assert ["Bob's"] == [hit.response for hit in cache.search(prompt=HOW, attributes={"user": "bob"}).data]
    assert [] == cache.search(prompt=HOW, attributes={"user": "eve"}).data


def test_entries_are_removed_by_id_by_attributes_and_all(cache):
    kept, gone = (cache.set(prompt=prompt, response=ANSWER, attributes={"by": by}) for prompt, by in
                  ((HOW, "a"), ("Where is my parcel?", "b")))  # fmt: skip
    cache.delete_by_id(entry_id=gone.entry_id)
    with pytest.raises(errors.NotFoundErrorResponseContent):
        cache.delete_by_id(entry_id=gone.entry_id)
    assert 1 == len(cache.search(prompt=HOW, attributes={"by": "a"}).data)
    assert 0 == cache.delete_query(attributes={"by": "b"}).deleted_entries_count
    assert 1 == cache.delete_query(attributes={"by": "a"}).deleted_entries_count
    cache.set(prompt=HOW, response=ANSWER)
    cache.flush()
    assert [] == cache.search(prompt=HOW).data
    assert kept.entry_id


def test_caches_do_not_see_each_other(cache, base):
    made = cache.set(prompt=HOW, response=ANSWER)
    with LangCache(server_url=base, cache_id="other", api_key="none") as other:
        assert [] == other.search(prompt=HOW).data
        with pytest.raises(errors.NotFoundErrorResponseContent):
            other.delete_by_id(entry_id=made.entry_id)
        other.flush()
    assert 1 == len(cache.search(prompt=HOW).data)


def test_entries_live_as_long_as_they_are_told(cache):
    cache.set(prompt=HOW, response=ANSWER, ttl_millis=1)

    assert [] == cache.search(prompt=HOW).data


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"{}", b'{"prompt": "x"}', b'{"prompt": " ", "response": "y"}', b'{"prompt": 1, "response": "y"}',
     b'{"prompt": "x", "response": "y", "ttlMillis": 0}', b'{"prompt": "x", "response": "y", "attributes": [1]}',
     b'{"prompt": "x", "response": "y", "attributes": {"a=b": "c"}}'],
)  # fmt: skip
def test_bad_bodies_are_told_what_would_be_right(base, body):
    told = httpx.post(f"{base}/v1/caches/shop/entries", content=body, trust_env=False)

    assert [400, "/errors/invalid-data"] == [told.status_code, told.json()["type"]]
    assert "must" in told.json()["detail"]


def test_the_client_raises_its_own_errors(cache):
    with pytest.raises(errors.BadRequestErrorResponseContent, match="must be a number"):
        cache.search(prompt=HOW, similarity_threshold=7)
    with pytest.raises(errors.BadRequestErrorResponseContent, match="at least one"):
        cache.delete_query(attributes={})


def test_a_token_is_the_service_key(start_server):
    own = start_server(environ={"CROWKIS_AUTH_TOKEN": "secret"})
    base = f"http://127.0.0.1:{own.http_port}"
    with LangCache(server_url=base, cache_id="shop", api_key="secret") as right:
        right.set(prompt=HOW, response=ANSWER)
        assert 1 == len(right.search(prompt=HOW).data)
    with (
        LangCache(server_url=base, cache_id="shop", api_key="wrong") as wrong,
        pytest.raises(errors.AuthenticationErrorResponseContent),
    ):
        wrong.search(prompt=HOW)
    assert {"ok": True} == httpx.get(
        f"{base}/v1/caches/shop/health", headers={"authorization": "Bearer secret"}, trust_env=False
    ).json()

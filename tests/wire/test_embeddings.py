"""Promises of crowkis/wire/embeddings.py: the very same request and nothing like it."""

import pytest

from crowkis.wire.embeddings import EMBEDDINGS


def body(**more):
    return {"model": "e", "input": "How?", **more}


def answer(*vectors):
    rows = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    return {"object": "list", "model": "e", "data": rows, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


def read(body):
    return EMBEDDINGS.read(body, 2.0)


def told(body):
    asked = read(body)
    return asked.text, asked.context, asked.model


def test_every_letter_and_every_field_counts_but_who_asks():
    others = [body(input="how?"), body(input=["How?"]), body(input=["How?", "Why?"]), body(model="f"),
              body(dimensions=256), body(encoding_format="base64"), body(input=[1, 2])]  # fmt: skip

    assert 8 == len({told(one) for one in (body(), *others)})
    assert told(body()) == told(body(user="42"))


def test_it_is_never_matched_by_meaning_and_its_text_is_not_shown():
    assert read(body()).exact
    assert not read(body()).stream
    assert "How?" not in read(body()).text


@pytest.mark.parametrize("more", [{"input": ""}, {"input": []}, {"input": None}, {"model": ""}, {"model": 1}])
def test_what_the_upstream_will_refuse_is_left_to_it(more):
    assert "not a request for embeddings" == read(body(**more)).bypass


def test_a_body_that_is_no_object_is_refused():
    with pytest.raises(ValueError, match="JSON object"):
        read([])


def test_vectors_are_kept_where_none_is_missing():
    assert EMBEDDINGS.worth_keeping(answer([0.5], [0.25]))
    assert EMBEDDINGS.worth_keeping(answer("AAAA"))
    for other in (answer(), answer([]), answer([0.5], []), {"data": [1]}, {"error": {}}, None, []):
        assert not EMBEDDINGS.worth_keeping(other)


def test_tokens_are_those_of_the_texts():
    assert (3, 0) == EMBEDDINGS.tokens_of(answer([0.5]))


def test_there_are_no_streams_and_the_body_goes_as_it_came():
    assembler = EMBEDDINGS.assembler()

    assert not assembler.take(b"{}")
    assert assembler.answer() is None
    assert [] == list(EMBEDDINGS.replayed(answer([0.5]), True))
    assert b"{}" == EMBEDDINGS.sent(b"{}", read(body()))

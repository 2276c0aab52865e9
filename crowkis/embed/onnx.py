"""The embedded embedder: all-MiniLM-L6-v2 in 8-bit arithmetic, on this machine's processor, no network.

One session with one thread of its own is shared by all workers: two threads get as much through one shared session
as through one session each, at half the memory (59 MB against 118 MB measured).

MiniLM sees WINDOW_TOKENS tokens of a text: all of it, or, where it is longer, its first and last halves: what is asked
stands at the beginning or at the end of a long prompt, rarely in the middle. The window costs a fixed time (128
tokens take 8 times as long as 14), so longer windows were not worth it. But what MiniLM does not see must
still count, or two prompts around different documents would get one vector: the distinct words of an over-long
text are mixed in, with the share that was not seen, at most UNSEEN_SHARE_MAX.

Never embeds two texts in one run: the arithmetic adapts to what is run together, and a vector would depend on its
neighbours. Never reads a clock, never logs, never opens a connection.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from crowkis.embed import graph_cache, minilm_graph
from crowkis.interfaces import EmbedderError
from crowkis.values.vector import Vector

TOKENIZER_PATH = Path(__file__).parent / "weights" / "tokenizer.json"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

WINDOW_TOKENS = minilm_graph.TOKENS_MAX
EDGE_TOKENS = WINDOW_TOKENS // 2
"""Tokens kept at either end of an over-long text, its start and end marks included."""
EDGE_CHARS = 1_024
"""Only this much of either end is ever split into tokens: time and memory stay bounded whatever the text."""
UNSEEN_SHARE_MAX = 0.5
WORDS_PER_STEP = 4_096
TEXT_VERSION = 1
"""Part of the fingerprint: raise it whenever the way a text becomes tokens or words changes."""


class OnnxEmbedder:
    """interfaces.Embedder over onnxruntime. embed() may be called from several threads at once.

    Loading takes about 0.1 s; the first time on a machine, when the graph is rebuilt, about 0.3 s.
    The empty text has a vector like any other (that of the two marks around it).
    """

    name = "all-MiniLM-L6-v2 (int8)"
    dimension = minilm_graph.DIMENSION
    batch_texts_max = 1

    def __init__(self, cache_directory: Path | None = None) -> None:
        """Load the model; raises EmbedderError, saying what to install, where its files are missing or wrong.

        `cache_directory` keeps the rebuilt graph (default: the platform's place for such files).
        """
        self._tokenizer = load_tokenizer(TOKENIZER_PATH)
        graph = graph_cache.load(cache_directory or graph_cache.default_directory())
        self.note = graph.note
        """Empty, or what the operator should know: the rebuilt graph could not be kept on disk."""
        self._session: Any = open_session(graph.content)
        self.fingerprint = fingerprint()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector per text, each from a run of its own. Raises EmbedderError."""
        return [self._embed_one(text) for text in texts]

    def close(self) -> None:
        """Let go of the model; a text that is being embedded is finished, later ones raise EmbedderError."""
        self._session = None

    def _embed_one(self, text: str) -> Vector:
        session = self._session
        if session is None:
            raise EmbedderError("the embedder is closed")
        tokens, unseen_share = window(self._tokenizer, text)
        try:
            (rows,) = session.run(None, {"input_ids": np.array([tokens], np.int64)})
        except Exception as error:  # onnxruntime's own types have no common root  # noqa: BLE001
            raise EmbedderError(f"onnxruntime failed ({type(error).__name__})") from None
        vector: Vector = rows[0]
        if unseen_share:
            mixed = (1 - unseen_share) ** 0.5 * vector + unseen_share**0.5 * words_vector(text)
            vector = (mixed / np.linalg.norm(mixed)).astype(np.float32)
        return vector


def fingerprint() -> str:
    """Names the vector space: weights, graph, tokenizer and how texts are cut. Independent of the processor."""
    model = (minilm_graph.WEIGHTS_SHA256, minilm_graph.GRAPH_VERSION)
    text = (TOKENIZER_SHA256, TEXT_VERSION, WINDOW_TOKENS, EDGE_CHARS, UNSEEN_SHARE_MAX)
    digest = hashlib.sha256("|".join(map(str, model + text)).encode()).hexdigest()
    return f"minilm-int8-{minilm_graph.DIMENSION}-{digest[:24]}"


def load_tokenizer(path: Path) -> Tokenizer:
    """The model's own tokenizer, without padding or cutting. Raises EmbedderError for any other file."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EmbedderError(f"cannot read the tokenizer {path} ({error.strerror}); reinstall crowkis-server") from error
    if hashlib.sha256(content).hexdigest() != TOKENIZER_SHA256:
        raise EmbedderError(f"the tokenizer {path} is not the expected one; reinstall crowkis-server")
    tokenizer = Tokenizer.from_buffer(content)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def open_session(graph: bytes) -> Any:
    """A session that runs on the calling thread alone: same text, same bytes, whatever runs beside it."""
    onnxruntime.disable_telemetry_events()  # for whoever imported it before this room could say so
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(graph, options, ["CPUExecutionProvider"])
    except Exception as error:
        raise EmbedderError(f"onnxruntime cannot load the embedder's graph ({type(error).__name__})") from error


def window(tokenizer: Tokenizer, text: str) -> tuple[list[int], float]:
    """The tokens MiniLM sees, at most WINDOW_TOKENS, and which share of the text it does not see."""
    cut = len(text) > 2 * EDGE_CHARS
    seen = f"{text[:EDGE_CHARS]} {text[-EDGE_CHARS:]}" if cut else text
    # The batch call, unlike encode(), lets other Python threads run meanwhile. Lone surrogates become "?".
    tokens: list[int] = tokenizer.encode_batch_fast([seen.encode("utf-8", "replace").decode()])[0].ids
    share = UNSEEN_SHARE_MAX if cut else 0.0
    if len(tokens) > WINDOW_TOKENS:
        share = UNSEEN_SHARE_MAX if cut else min(UNSEEN_SHARE_MAX, 1 - WINDOW_TOKENS / len(tokens))
        tokens = tokens[:EDGE_TOKENS] + tokens[-EDGE_TOKENS:]
    return tokens, share


def words_vector(text: str) -> Vector:
    """A unit vector of which distinct words the text holds: every word is a fixed direction of plus and minus ones."""
    words = sorted(set(text.lower().split()))
    total = np.zeros(minilm_graph.DIMENSION, np.int64)
    for start in range(0, len(words), WORDS_PER_STEP):
        step = words[start : start + WORDS_PER_STEP]
        total += 2 * _sign_bits(step).sum(axis=0, dtype=np.int64) - len(step)
    length = float(np.linalg.norm(total))
    if not length:  # nothing but white space
        total[0], length = 1, 1.0
    return (total / length).astype(np.float32)


def _sign_bits(words: list[str]) -> Any:
    size = minilm_graph.DIMENSION // 8
    digests = (hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=size).digest() for word in words)
    return np.unpackbits(np.frombuffer(b"".join(digests), np.uint8)).reshape(len(words), -1)

"""How fast is the embedded embedder against the graph as shipped, and does it still say the same?

    python bench/embedder.py [--json FILE] [--rounds N]

Shipped and rebuilt graph take turns on the same texts in the same run, `str` to unit vector, tokenisation included,
one thread each; read the ratios, not the times. Then: texts per second from 1 and 2 threads, and of the worker pool
with 64 texts outstanding against as many bare threads. Texts are made here.
"""

import argparse
import json
import os
import platform
import queue
import random
import statistics
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from crowkis.embed import minilm_graph
from crowkis.embed.memo import Memo
from crowkis.embed.onnx import TOKENIZER_PATH, OnnxEmbedder, load_tokenizer, open_session
from crowkis.embed.pool import EmbedPool
from crowkis.values.vector import Vector

SEED = 20
OPENINGS = ("How do I", "Where can I", "Why should we", "When may they", "Can you tell me how to", "Is it possible to")
VERBS = ("cancel", "renew", "export", "compare", "repair", "translate", "schedule", "refund", "encrypt", "summarise")
THINGS = ("invoice", "subscription", "report", "passport", "backup", "mortgage", "recipe", "contract", "router", "visa")
FILLERS = ("before", "the", "end", "of", "this", "month", "without", "losing", "any", "older", "entry", "from", "my",
           "second", "account", "while", "travelling", "abroad", "with", "a", "small", "team", "that", "works", "at",
           "night", "and", "needs", "approval", "by", "someone", "in", "another", "office")  # fmt: skip
OUTSTANDING = 64


def question(rng: random.Random, words: int) -> str:
    """A question of exactly so many words; which ones, the generator decides."""
    chosen = [*rng.choice(OPENINGS).split(), rng.choice(VERBS), "the", rng.choice(THINGS)]
    while len(chosen) < words:
        chosen.append(rng.choice(FILLERS))
    return " ".join(chosen[:words]) + "?"


def shipped_embedder() -> Callable[[str], Vector]:
    """The package's own graph: token vectors out, mean and unit length in numpy."""
    session = open_session(minilm_graph.read_weights(minilm_graph.weights_path()))
    tokenizer = load_tokenizer(TOKENIZER_PATH)

    def embed(text: str) -> Vector:
        ids = np.array([tokenizer.encode(text).ids[: minilm_graph.TOKENS_MAX]])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean = session.run(None, feeds)[0][0].mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    return embed


def compare(
    rebuilt: Callable[[str], Vector], shipped: Callable[[str], Vector], texts: Sequence[str]
) -> tuple[dict[str, float], list[float]]:
    """Times of both taking turns, and the cosine between their vectors of each text."""
    times: dict[str, list[float]] = {"rebuilt": [], "shipped": []}
    cosines = []
    for text in texts[:3]:
        rebuilt(text), shipped(text)
    for text in texts:
        start = perf_counter()
        one = rebuilt(text)
        middle = perf_counter()
        other = shipped(text)
        times["rebuilt"].append(middle - start)
        times["shipped"].append(perf_counter() - middle)
        cosines.append(float(one @ other))
    row = {}
    for name, seconds in times.items():
        row[f"{name}_p50_ms"] = statistics.median(seconds) * 1e3
        row[f"{name}_p99_ms"] = float(np.quantile(seconds, 0.99)) * 1e3
    row["shipped_to_rebuilt_p50"] = row["shipped_p50_ms"] / row["rebuilt_p50_ms"]
    return row, cosines


def bare_texts_per_s(embedder: OnnxEmbedder, texts: Sequence[str], workers: int) -> float:
    """Threads that do nothing but embed."""
    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    for text in (*texts, *[None] * workers):
        waiting.put(text)

    def work() -> None:
        while (text := waiting.get()) is not None:
            embedder.embed([text])

    threads = [threading.Thread(target=work) for _ in range(workers)]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(texts) / (perf_counter() - start)


def pool_texts_per_s(embedder: OnnxEmbedder, texts: Sequence[str], workers: int) -> float:
    """The pool with OUTSTANDING texts asked for at any time, at the same priority as the bare threads."""
    calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    pool = EmbedPool(embedder, workers, OUTSTANDING, Memo(0), calls.put, niceness=0)
    rest = list(texts)
    told = 0

    def done(_: Any) -> None:
        nonlocal told
        told += 1
        if rest:
            pool.submit(rest.pop(), done)

    start = perf_counter()
    for _ in range(min(OUTSTANDING, len(rest))):
        pool.submit(rest.pop(), done)
    while told < len(texts):
        calls.get()()
    elapsed = perf_counter() - start
    pool.close(1.0)
    return len(texts) / elapsed


def throughput(embedder: OnnxEmbedder, rng: random.Random, count: int) -> dict[str, float]:
    """Texts per second, bare and through the pool in turns; the ratio is the median over the turns."""
    row: dict[str, float] = {}
    for workers in (1, 2):
        bare, pooled = [], []
        for _ in range(5):
            texts = [question(rng, 12) for _ in range(count)]
            texts = [f"{text} {number}" for number, text in enumerate(texts)]
            bare.append(bare_texts_per_s(embedder, texts, workers))
            pooled.append(pool_texts_per_s(embedder, texts, workers))
        row[f"bare_{workers}_threads_texts_per_s"] = statistics.median(bare)
        row[f"pool_{workers}_workers_texts_per_s"] = statistics.median(pooled)
        ratios = [one / other for one, other in zip(pooled, bare, strict=True)]
        row[f"pool_to_bare_{workers}"] = statistics.median(ratios)
    return row


def main(arguments: Sequence[str]) -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the numbers there")
    parser.add_argument("--rounds", type=int, default=150, help="texts per length (default 150)")
    chosen = parser.parse_args(arguments)
    rng = random.Random(SEED)
    start = perf_counter()
    embedder = OnnxEmbedder()
    found: dict[str, Any] = {
        "question": "rebuilt graph against the shipped graph, one thread each",
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "load_s": perf_counter() - start,
    }
    shipped = shipped_embedder()
    cosines: list[float] = []
    for words in (12, 100):
        texts = [question(rng, words) for _ in range(chosen.rounds)]
        found[f"words_{words}"], agreement = compare(lambda text: embedder.embed([text])[0], shipped, texts)
        cosines += agreement
    found["cosine_to_shipped"] = {"mean": statistics.mean(cosines), "min": min(cosines), "texts": len(cosines)}
    found["throughput_12_words"] = throughput(embedder, rng, chosen.rounds)
    print(json.dumps(found, indent=2))
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

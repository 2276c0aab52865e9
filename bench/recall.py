"""How often does the server's index miss the nearest vector, and what do a search, an add and a vector cost?

    python bench/recall.py [--sizes 10000 100000] [--queries 1000] [--data 'questions/*.jsonl'] [--json]

The adaptive index is filled vector by vector and compared with exact search over the same vectors. Two kinds of
queries: `near` lie close to one stored vector, as a paraphrase does; `far` have no close neighbour, as a new question
has none. What counts for a cache is `near`: missing the nearest of a `far` query loses nothing, nothing would be
served. After that a tenth of the vectors is replaced, one out and one in, as in a cache at its limit (`replace`), and
`near` recall is measured once more.

Vectors, unless --data is given, are made: sentence embeddings are clustered and do not use all directions alike.
So: one topic per 50 vectors; each vector mixes its topic (cosine about 0.63) with its own noise; the spread of both
falls with the square root of the direction's number. `near` queries have cosine 0.85 to a stored vector,
`far` ones are new members of a stored vector's surroundings at cosine about 0.63. With --data the distinct texts of
the fields `query`, `a` and `b` are embedded by the embedded model: a tenth of them is held back and asked (`far`: real
questions, some with a paraphrase stored), and `near` disturbs stored ones to cosine 0.85.

Times are wall clock and, because other processes share the cores, processor time of this thread (`cpu_`).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from crowkis.index.adaptive import new_index
from crowkis.index.flat import FlatIndex
from crowkis.interfaces import VectorIndex

Vectors = npt.NDArray[np.float32]

DIMENSION = 384
TOPIC_VECTORS = 50
TOPIC_SHARE = 0.4
NEAR_COSINE = 0.85
FAR_COSINE = 0.63
SEED = 7


class Watch:
    """Times of one kind of call: wall clock and this thread's processor time, in microseconds."""

    def __init__(self) -> None:
        self.wall_us: list[float] = []
        self.cpu_us: list[float] = []

    def run(self, call: Callable[..., Any], *arguments: Any) -> Any:
        """The call's result, its times noted."""
        cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
        result = call(*arguments)
        self.wall_us.append((time.perf_counter_ns() - wall) / 1_000)
        self.cpu_us.append((time.thread_time_ns() - cpu) / 1_000)
        return result

    def summary(self, last: int = 0) -> dict[str, float]:
        """Percentiles of the last `last` calls (0: of all)."""
        wall, cpu = np.array(self.wall_us[-last:]), np.array(self.cpu_us[-last:])
        points = {"p50_us": 50, "p99_us": 99, "max_us": 100}
        times: dict[str, float] = {name: round(float(np.percentile(wall, point))) for name, point in points.items()}
        times |= {f"cpu_{name}": round(float(np.percentile(cpu, point))) for name, point in points.items()}
        return times


def unit(vectors: Vectors) -> Vectors:
    """Each row scaled to length 1."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def noise(random: np.random.Generator, count: int, dimension: int) -> Vectors:
    """Unit vectors whose spread falls with the square root of the direction's number."""
    spread = np.arange(1, dimension + 1, dtype=np.float32) ** np.float32(-0.5)
    return unit(random.standard_normal((count, dimension), dtype=np.float32) * spread)


def mixed(towards: Vectors, cosine: float, random: np.random.Generator) -> Vectors:
    """For each row a unit vector at about this cosine to it."""
    own = noise(random, *towards.shape)
    return unit(np.float32(cosine) * towards + np.float32((1 - cosine * cosine) ** 0.5) * own)


def made(count: int, random: np.random.Generator) -> Vectors:
    """Clustered unit vectors, as described at the top."""
    topics = noise(random, max(1, count // TOPIC_VECTORS), DIMENSION)
    return mixed(topics[random.integers(len(topics), size=count)], TOPIC_SHARE**0.5, random)


def texts_of(pattern: str) -> list[str]:
    """The distinct questions in the files, in order of appearance."""
    texts: dict[str, None] = {}
    for path in sorted(Path().glob(pattern) if not Path(pattern).is_absolute() else Path("/").glob(pattern[1:])):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            texts.update((row[field], None) for field in ("query", "a", "b") if isinstance(row.get(field), str))
    return list(texts)


def embedded(texts: list[str]) -> Vectors:
    """Vectors of the texts by the embedded model, which is loaded only for this."""
    from crowkis.embed.onnx import OnnxEmbedder

    embedder = OnnxEmbedder()
    try:
        return np.stack([embedder.embed([text])[0] for text in texts])
    finally:
        embedder.close()


def exactly(vectors: Vectors) -> FlatIndex:
    """The oracle over these vectors, labelled by position."""
    exact = FlatIndex(vectors.shape[1])
    for label, vector in enumerate(vectors):
        exact.add(label, vector)
    return exact


def compare(index: VectorIndex, exact: FlatIndex, queries: Vectors) -> dict[str, Any]:
    """Recall at 1 and 10 against the oracle, and what a search for ten took."""
    watch, first, ten, wanted = Watch(), 0, 0, 0
    for query in queries:
        found = [label for label, _ in watch.run(index.search, query, 10)]
        nearest = [label for label, _ in exact.search(query, 10)]
        first += found[:1] == nearest[:1]
        ten += len(set(found) & set(nearest))
        wanted += len(nearest)
    return {"recall_at_1": first / len(queries), "recall_at_10": round(ten / wanted, 4), "search": watch.summary()}


def resident_bytes() -> int | None:
    """Memory of this process now, where the system tells."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4_096
    except OSError:
        return None


def filled(vectors: Vectors) -> tuple[VectorIndex, dict[str, Any]]:
    """The adaptive index over these vectors, and what it took."""
    before, watch, index = resident_bytes(), Watch(), new_index(vectors.shape[1])
    for label, vector in enumerate(vectors):
        watch.run(index.add, label, vector)
    after = resident_bytes()
    return index, {
        "build_s": round(sum(watch.wall_us) / 1e6, 1),
        "add_all": watch.summary(),
        "add_last_2000": watch.summary(2_000),
        "claimed_bytes_per_vector": index.size_bytes() // len(vectors),
        "resident_bytes_per_vector": (after - before) // len(vectors) if before and after else None,
    }


def replace(index: VectorIndex, exact: FlatIndex, fresh: Vectors) -> dict[str, float]:
    """Replace one vector by each fresh one, in both indexes; what an add took then."""
    watch, next_label = Watch(), len(index)
    for offset, vector in enumerate(fresh):
        for each in (index, exact):
            each.remove(offset)
        watch.run(index.add, next_label + offset, vector)
        exact.add(next_label + offset, vector)
    return watch.summary()


def measure(vectors: Vectors, far: Vectors, fresh: Vectors, queries: int) -> dict[str, Any]:
    """Everything about one size."""
    random = np.random.default_rng(SEED + 1)
    index, report = filled(vectors)
    exact = exactly(vectors)
    near = mixed(vectors[random.integers(len(fresh), len(vectors), size=queries)], NEAR_COSINE, random)
    report |= {"vectors": len(vectors), "near": compare(index, exact, near), "far": compare(index, exact, far)}
    report["add_replace"] = replace(index, exact, fresh)
    report["near_after_replace"] = compare(index, exact, near)
    return report


def reports(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One report per size, or one over all real questions."""
    random = np.random.default_rng(SEED)
    if arguments.data:
        texts = texts_of(arguments.data)
        if len(texts) < 100:
            sys.exit(f"{arguments.data} holds {len(texts)} distinct questions; at least 100 are needed")
        vectors = embedded(texts)[random.permutation(len(texts))]
        tenth = len(vectors) // 10
        stored, far, fresh = vectors[2 * tenth :], vectors[:tenth][: arguments.queries], vectors[tenth : 2 * tenth]
        yield {"source": "embedded questions"} | measure(stored, far, fresh[: len(stored) // 10], arguments.queries)
        return
    for size in arguments.sizes:
        vectors = made(size + size // 10, random)
        stored, fresh = vectors[:size], vectors[size:]
        far = mixed(stored[random.integers(size, size=arguments.queries)], FAR_COSINE, random)
        yield {"source": "made vectors"} | measure(stored, far, fresh, arguments.queries)


def show(report: dict[str, Any]) -> None:
    """The report for people."""

    def times(part: dict[str, float]) -> str:
        wall = f"p50 {part['p50_us']} us, p99 {part['p99_us']} us, max {part['max_us']} us"
        return f"{wall} (processor: p50 {part['cpu_p50_us']}, p99 {part['cpu_p99_us']}, max {part['cpu_max_us']})"

    resident, claimed = report["resident_bytes_per_vector"], report["claimed_bytes_per_vector"]
    print(f"\n{report['vectors']} vectors ({report['source']}), built in {report['build_s']} s")
    print(f"  bytes a vector: {resident} resident, {claimed} claimed")
    for kind in ("near", "far", "near_after_replace"):
        part = report[kind]
        print(f"  {kind}: recall@1 {part['recall_at_1']:.3f}, recall@10 {part['recall_at_10']:.4f}, ", end="")
        print(f"search {times(part['search'])}")
    for kind in ("add_all", "add_last_2000", "add_replace"):
        print(f"  {kind}: {times(report[kind])}")


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000], help="vectors to store")
    parser.add_argument("--queries", type=int, default=1_000, help="queries of each kind")
    parser.add_argument("--data", metavar="GLOB", help="JSON-lines files with real questions, instead of made vectors")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    found = []
    for report in reports(arguments):
        found.append(report)
        if not arguments.json:
            show(report)
    if arguments.json:
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

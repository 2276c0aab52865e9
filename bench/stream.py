"""How often does the cache answer real questions, and how often wrongly, against a plain cosine cut-off?

    python bench/stream.py --data 'rows/stream_*.jsonl' [--limit N] [--bars 0.80,0.85,0.90,0.95] [--server-bars 0.85]

Each file is played in order through redis-py against a running server, as an application would: CGET, and on a miss
CSET. Rows are {query, answer_id} or {question, answer}; a hit is wrong when it serves another row's answer.
The same rows then meet a plain cosine cut-off: same embedder, nearest stored question found exactly, served at or
above the bar, stored on a miss. `cosine, same hits` is the cut-off whose hit rate equals the server's: there the wrong
answers can be compared. Lines at odd numbers (from 0) are reported apart: rules may have been tuned on even ones.
The server's times are of its first bar; at later bars the server remembers the vectors.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import redis
from rig import HOST, Running, bench_arguments, crowkis_server, machine, print_table, scratch, times, write_json

from crowkis.embed.onnx import OnnxEmbedder

SAME_HITS_STEPS = 9
"""Times the cut-off with the server's hit rate is looked for; each step halves what is left."""
SAME_HITS_CLOSE = 0.001

Rows = list[tuple[str, str]]


class Hit(NamedTuple):
    """One answer served."""

    line: int
    wrong: bool


class Played(NamedTuple):
    """What playing a stream came to."""

    asked: int
    hits: list[Hit]

    @property
    def hit_rate(self) -> float:
        """Answers served by questions asked."""
        return len(self.hits) / max(1, self.asked)

    def wrong_of_hits(self, parity: int | None = None) -> float:
        """Wrong answers by answers served, of all lines or of even (0) or odd (1) ones."""
        hits = [hit.wrong for hit in self.hits if parity is None or hit.line % 2 == parity]
        return sum(hits) / max(1, len(hits))

    def facts(self) -> dict[str, float]:
        """As written to JSON."""
        return {
            "asked": self.asked,
            "hit_rate": round(self.hit_rate, 4),
            "wrong_of_hits": round(self.wrong_of_hits(), 4),
            "wrong_of_hits_even": round(self.wrong_of_hits(0), 4),
            "wrong_of_hits_odd": round(self.wrong_of_hits(1), 4),
            "wrong": sum(hit.wrong for hit in self.hits),
        }


def rows_of(path: Path, limit: int | None) -> Rows:
    """Question and answer of each line."""
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file][:limit]
    return [(row.get("query", row.get("question")), row.get("answer_id", row.get("answer"))) for row in rows]


def play_server(server: Running, rows: Rows, tenant: str, bar: float | None) -> tuple[Played, dict[str, Any]]:
    """Ask the server each question; on a miss store the answer. Also tells the times of each kind of call."""
    client: Any = redis.Redis(HOST, server.port, protocol=3)
    options = ["TENANT", tenant, *([] if bar is None else ["THRESHOLD", str(bar)])]
    seconds: dict[str, list[float]] = {"exact": [], "vector": [], "miss": [], "write": []}
    hits = []
    for line, (question, answer) in enumerate(rows):
        began = perf_counter()
        found = client.execute_command("CGET", question, *options)
        ended = perf_counter()
        if found is None:
            seconds["miss"].append(ended - began)
            client.execute_command("CSET", question, answer, "TENANT", tenant)
            seconds["write"].append(perf_counter() - ended)
        else:
            seconds[found[b"hit_type"].decode()].append(ended - began)
            hits.append(Hit(line, found[b"response"] != answer.encode()))
    client.close()
    return Played(len(rows), hits), {kind: times(taken) for kind, taken in seconds.items()}


def play_cosine(rows: Rows, vectors: dict[str, Any], bar: float) -> Played:
    """The same against a plain cut-off. The very same text is its own nearest neighbour, so it is not searched for."""
    stored = np.empty((len(rows), len(next(iter(vectors.values())))), np.float32)
    answers: list[str] = []
    known: dict[str, str] = {}
    hits = []
    for line, (question, answer) in enumerate(rows):
        served = known.get(question)
        if served is None and answers:
            similarities = stored[: len(answers)] @ vectors[question]
            nearest = int(similarities.argmax())
            served = answers[nearest] if similarities[nearest] >= bar else None
        if served is not None:
            hits.append(Hit(line, served != answer))
            continue
        stored[len(answers)] = vectors[question]
        answers.append(answer)
        known[question] = answer
    return Played(len(rows), hits)


def same_hits(rows: Rows, vectors: dict[str, Any], wanted: float) -> dict[str, float]:
    """Plain cosine at the server's hit rate: the bars on either side of it, wrong answers in between by proportion."""
    low, high = 0.0, 1.01
    below, above = play_cosine(rows, vectors, high), play_cosine(rows, vectors, low)
    for _ in range(SAME_HITS_STEPS):
        bar = (low + high) / 2
        played = play_cosine(rows, vectors, bar)
        if played.hit_rate >= wanted:
            low, above = bar, played
        else:
            high, below = bar, played
        if above.hit_rate - below.hit_rate < SAME_HITS_CLOSE:
            break
    span = above.hit_rate - below.hit_rate
    part = min(1.0, max(0.0, (wanted - below.hit_rate) / span)) if span else 0.0
    found = {"bar": round(high + part * (low - high), 4), "hit_rate": round(below.hit_rate + part * span, 4)}
    for name, parity in (("wrong_of_hits", None), ("wrong_of_hits_even", 0), ("wrong_of_hits_odd", 1)):
        from_below, from_above = below.wrong_of_hits(parity), above.wrong_of_hits(parity)
        found[name] = round(from_below + part * (from_above - from_below), 4)
    return found


def measure(server: Running, path: Path, rows: Rows, embedder: OnnxEmbedder, options: Any) -> dict[str, Any]:
    """Everything about one stream."""
    found: dict[str, Any] = {"server": {}, "cosine": {}, "cosine_same_hits": {}}
    for bar in (None, *options.server_bars):
        name = "default" if bar is None else str(bar)
        played, taken = play_server(server, rows, f"{path.stem}-{name}", bar)
        found["server"][name] = played.facts()
        if bar is None:
            found["times"] = taken
    vectors = {question: embedder.embed([question])[0] for question in dict(rows)}
    for bar in options.bars:
        found["cosine"][str(bar)] = play_cosine(rows, vectors, bar).facts()
    for name, facts in found["server"].items():
        found["cosine_same_hits"][name] = same_hits(rows, vectors, facts["hit_rate"])
    return found


def show(name: str, found: dict[str, Any]) -> None:
    """One stream for people."""

    def lines() -> Iterator[Sequence[Any]]:
        for bar, facts in found["server"].items():
            yield f"crowkis, bar {bar}", facts
            same = found["cosine_same_hits"][bar]
            yield f"cosine, same hits (bar {same['bar']:.3f})", same
        for bar, facts in found["cosine"].items():
            yield f"cosine, bar {bar}", facts

    columns = ("hit_rate", "wrong_of_hits", "wrong_of_hits_odd", "wrong_of_hits_even")
    head = ["", "hits %", "wrong of hits %", "odd lines %", "even lines %"]
    rows = [[label, *(f"{100 * facts[column]:.1f}" for column in columns)] for label, facts in lines()]
    print_table(f"{name}, {found['server']['default']['asked']} questions", head, rows)
    kinds = (("exact", "exact hit"), ("vector", "semantic hit"), ("miss", "miss"), ("write", "write"))
    rows = [[label, *found["times"][kind].values()] for kind, label in kinds]
    print_table("times through redis-py, one client", ["", "calls", "p50 ms", "p99 ms"], rows)


def bars_of(text: str) -> list[float]:
    """Numbers between commas."""
    return [float(part) for part in text.split(",") if part]


def main() -> None:
    """Play every file, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--data", nargs="+", required=True, metavar="GLOB", help="files of rows")
    parser.add_argument("--limit", type=int, help="only so many lines of each")
    parser.add_argument("--bars", type=bars_of, default=bars_of("0.80,0.85,0.90,0.95"), help="of plain cosine")
    parser.add_argument("--server-bars", type=bars_of, default=[], help="of the server, besides its default")
    parser.add_argument("--wal-sync", default="always", choices=("always", "everysec", "no"))
    options = parser.parse_args()
    paths = [path for glob in options.data for path in sorted(Path(glob).parent.glob(Path(glob).name))]
    if not paths:
        parser.error("no file is called so")
    embedder = OnnxEmbedder()
    report: dict[str, Any] = {"question": "hits and wrong answers on streams", "machine": machine(), "streams": {}}
    report["wal_sync"] = options.wal_sync
    with scratch() as directory, crowkis_server(directory, "--wal-sync", options.wal_sync) as server:
        for path in paths:
            found = measure(server, path, rows_of(path, options.limit), embedder, options)
            report["streams"][path.stem] = found
            show(path.name, found)
    write_json(options.json, report)


if __name__ == "__main__":
    main()

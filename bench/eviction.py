"""Which entry should leave when there is no room? Traces are played through a cache that is too small, once per policy.

    python bench/eviction.py [--seeds 11,12,13] [--requests 30000] [--data stream.jsonl ...] [--json FILE]

Policies: `lru`; `lfu` (uses that fade, half-life 8 turns); `gdsf` (greedy dual: inflation + uses * cost / size);
`ours` (crowkis/lifecycle/eviction.py); and ours without one of its parts: `-isolation`, `-history` (what the ledger
remembers of an entry that comes back). All draw 8 entries and keep a pool of 16, as the server does: what differs is
the score. Requests cost dollars when they miss; `saved` is what hits saved, as a share of what an offline optimum
could have saved at most (1 - saved is the regret), and `usd_per_mib` the same per MiB of capacity.

The optimum is a bound, not a policy: every pair of consecutive requests for the same question may be served if their
stay in between is paid for in bytes * time; the cheapest stays per dollar are bought until capacity * time is spent.
No policy can do better. It is not computed where another entry may answer instead (family `reworded`, --data): there
the column is the share of all dollars asked for, and regret is against the best policy.

On small traces (SMALL_QUESTIONS questions, SMALL_REQUESTS requests, capacities SMALL_SHARES) the optimum is exact: all
sets of answers that could be kept are followed through the trace, and a request may also be let pass without storing.
There `regret` is what a policy saved less than that, as a share of it, and `bound` how far above the exact optimum the
bound of the large traces lies.

Families: `even` one price per token; `models` three price classes; `agents` costs that have nothing to do with size;
`oneoff` half of the requests never come again; `drift` popularity changes; `bursts` topics live a short time;
`reworded` questions lie on a line and whoever is near enough answers; `imported` the same, but three in ten
are stored without being asked first and save nothing, so that entries lie beside others that could answer.
The constants of `ours` were chosen on seeds
1 to 3, the default seeds are others.

--data: lines with `query`, embedded by the embedded model and served from a cosine of 0.9 on,
sizes and prices made up as in `models`.
"""

import json
import random
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from optimum import bound, exact
from rig import bench_arguments

from crowkis.lifecycle import eviction

ENTRY_BYTES = 3_000
"""What an entry costs beside its answer: vector, links, question."""
QUESTIONS = 20_000
SHARES = (0.05, 0.2)
"""Capacity as a share of the bytes of all questions asked."""
SMALL_QUESTIONS, SMALL_REQUESTS, SMALL_SHARES, SMALL_TRACES = 10, 300, (0.3, 0.6), 10
BAR = 0.9
CLASSES = (eviction.SMALL_PRICE, eviction.MIDDLE_PRICE, eviction.LARGE_PRICE)


class Trace(NamedTuple):
    """Who is asked in which order, and what each question's answer weighs and costs."""

    asked: list[int]
    sizes: list[int]
    costs: list[float]
    near: dict[int, list[tuple[float, int]]]
    """Similar questions, nearest first: those from BAR on answer."""
    imported: frozenset[int] = frozenset()
    """Requests that store without having asked."""


def weighed(rng: np.random.Generator, count: int, kind: str) -> tuple[list[int], list[float]]:
    """Sizes and costs of `count` questions."""
    answers = np.clip(rng.lognormal(6.9, 1.0, count), 40, 60_000)
    if kind == "agents":
        costs = rng.lognormal(-4, 2.0, count)
    else:
        classes = [1] * count if kind == "even" else rng.choice(3, size=count, p=[0.6, 0.3, 0.1]).tolist()
        costs = np.array(
            [
                (200 * CLASSES[c].question_usd + a * CLASSES[c].answer_usd) / 4e6
                for c, a in zip(classes, answers, strict=True)
            ]
        )
    return (answers + ENTRY_BYTES).astype(int).tolist(), costs.tolist()


def popular(rng: np.random.Generator, questions: int, requests: int, skew: float) -> Any:
    """Zipf: the question of rank r is asked in proportion to 1 / r ** skew."""
    weights = 1 / np.arange(1, questions + 1) ** skew
    return rng.choice(questions, size=requests, p=weights / weights.sum())


def drifting(rng: np.random.Generator, requests: int) -> Any:
    """Every twentieth request a popular question changes places with any other."""
    ranks, places = popular(rng, QUESTIONS, requests, 1.0), rng.permutation(QUESTIONS)
    asked = np.empty(requests, int)
    for at in range(requests):
        if at % 20 == 0:
            one, other = rng.integers(0, 200), rng.integers(0, QUESTIONS)
            places[one], places[other] = places[other], places[one]
        asked[at] = places[ranks[at]]
    return asked


def bursting(rng: np.random.Generator, requests: int) -> Any:
    """A quarter of the requests is new; the others ask what is recent, heavy-tailed."""
    live: list[int] = []
    asked = np.empty(requests, int)
    for at in range(requests):
        if not live or rng.random() < 0.25:
            live.append(len(live))
            asked[at] = live[-1]
        else:
            asked[at] = live[-1 - min(int(rng.pareto(0.5)), len(live) - 1, 1_500)]
    return asked


def made(family: str, seed: int, requests: int) -> Trace:
    """A generated trace."""
    rng = np.random.default_rng(seed)
    kind = family if family in ("even", "agents") else "models"
    if family in ("reworded", "imported"):
        return reworded(rng, requests, 0.3 if family == "imported" else 0.0)
    if family == "oneoff":
        asked = popular(rng, QUESTIONS // 2, requests, 1.0)
        asked = np.where(rng.random(requests) < 0.5, QUESTIONS // 2 + np.arange(requests), asked)
    elif family == "drift":
        asked = drifting(rng, requests)
    elif family == "bursts":
        asked = bursting(rng, requests)
    else:
        asked = popular(rng, QUESTIONS, requests, 0.8 if family == "agents" else 0.9)
    asked = rng.permutation(int(asked.max()) + 1)[asked]
    sizes, costs = weighed(rng, int(asked.max()) + 1, kind)
    return Trace(asked.tolist(), sizes, costs, {})


def reworded(rng: np.random.Generator, requests: int, imported: float) -> Trace:
    """4,000 topics of 17 wordings on a line; those at most 4 apart answer for each other."""
    topics = popular(rng, 4_000, requests, 0.9)
    places = np.round(rng.normal(0, 1.2, requests) * 4).clip(-8, 8).astype(int)
    asked = (topics * 17 + places + 8).tolist()
    sizes, costs = weighed(rng, 4_000 * 17, "models")
    near = {}
    for one in set(asked):
        topic, place = divmod(one, 17)
        others = [(abs(place - other), topic * 17 + other) for other in range(17) if 0 < abs(place - other) <= 8]
        near[one] = [(1 - (1 - BAR) * apart / 4, other) for apart, other in sorted(others)]
        for other in range(topic * 17, topic * 17 + 17):  # one topic, one answer
            costs[other], sizes[other] = costs[topic * 17], sizes[topic * 17]
    return Trace(asked, sizes, costs, near, frozenset(np.flatnonzero(rng.random(requests) < imported).tolist()))


def read(path: Path, seed: int) -> Trace:
    """A stream of real questions; who answers for whom is measured with the embedded model."""
    from crowkis.embed.onnx import OnnxEmbedder

    queries = [json.loads(line)["query"] for line in path.read_text("utf-8").splitlines()]
    texts = list(dict.fromkeys(queries))
    number = {text: at for at, text in enumerate(texts)}
    embedder = OnnxEmbedder(None)
    vectors = np.array([embedder.embed([text])[0] for text in texts])
    embedder.close()
    near: dict[int, list[tuple[float, int]]] = {}
    for start in range(0, len(texts), 512):
        cosines = vectors[start : start + 512] @ vectors.T
        for row, column in zip(*np.nonzero(cosines >= 2 * BAR - 1), strict=True):
            if start + row != column:
                near.setdefault(start + int(row), []).append((float(cosines[row, column]), int(column)))
    for others in near.values():
        others.sort(reverse=True)
    sizes, costs = weighed(np.random.default_rng(seed), len(texts), "models")
    return Trace([number[query] for query in queries], sizes, costs, near)


class Entry:
    """A question in the cache."""

    __slots__ = ("cost", "frequency", "id", "last", "need", "place", "priority", "size", "uses")

    def __init__(self, number: int, size: int, cost: float, now: int) -> None:
        self.id, self.size, self.cost, self.last = number, size, cost, now
        self.frequency, self.uses, self.need, self.priority, self.place = 1.0, 1, 0.0, 0.0, -1


class Policy:
    """lru. Others change the score."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self.now = 0

    def enters(self, entry: Entry) -> None:
        """It is stored."""

    def used(self, entry: Entry) -> None:
        """It is served; entry.last is the time before."""

    def stays(self, entry: Entry) -> bool:
        """A closer look at the one chosen."""
        return False

    def leaves(self, entry: Entry, score: float) -> None:
        """It was chosen."""

    def score(self, entry: Entry) -> float:
        """The lowest leaves."""
        return entry.last


class Lfu(Policy):
    """Uses that fade."""

    def turns(self, entry: Entry) -> float:
        """Since its last use."""
        return (self.now - entry.last) / len(self.entries)

    def used(self, entry: Entry) -> None:
        """Fade, count."""
        entry.frequency = entry.frequency * 2 ** (-self.turns(entry) / 8) + 1

    def score(self, entry: Entry) -> float:
        """Fade."""
        return float(entry.frequency * 2 ** (-self.turns(entry) / 8))


class Gdsf(Policy):
    """Greedy dual size frequency."""

    inflation = 0.0

    def enters(self, entry: Entry) -> None:
        """Start at the inflation of now."""
        entry.priority = self.inflation + entry.uses * entry.cost / entry.size

    def used(self, entry: Entry) -> None:
        """Rise."""
        entry.uses += 1
        self.enters(entry)

    def leaves(self, entry: Entry, score: float) -> None:
        """Inflate."""
        self.inflation = max(self.inflation, score)

    def score(self, entry: Entry) -> float:
        """As it was at its last use."""
        return entry.priority


class Ours(Lfu):
    """The server's."""

    def __init__(self, near: dict[int, list[tuple[float, int]]], isolation: bool = True, history: float = 1.0) -> None:
        super().__init__()
        self.near = near if isolation else {}
        self.history = history
        self.ledger: OrderedDict[int, float] = OrderedDict()
        self.measured = 0

    def enters(self, entry: Entry) -> None:
        """Go on where the ledger left off; see who is near."""
        entry.frequency = 1 + self.ledger.pop(entry.id, 0.0)
        entry.need = self.need(entry)

    def need(self, entry: Entry) -> float:
        """By the nearest other that is there now."""
        similarity = next((s for s, other in self.near.get(entry.id, ()) if other in self.entries), 0.0)
        return eviction.need_of(1 - similarity, 1 - BAR)

    def stays(self, entry: Entry) -> bool:
        """Before it leaves: is its stand-in gone?"""
        before, entry.need = entry.need, 1.0 if entry.need == 1.0 else self.need(entry)
        return entry.need > before

    def used(self, entry: Entry) -> None:
        """Fade, count."""
        entry.frequency = eviction.faded(entry.frequency, self.turns(entry)) + 1

    def leaves(self, entry: Entry, score: float) -> None:
        """Into the ledger."""
        self.ledger[entry.id] = eviction.faded(entry.frequency, self.turns(entry))
        while len(self.ledger) > self.history * len(self.entries):
            self.ledger.popitem(last=False)

    def score(self, entry: Entry) -> float:
        """As it was worth when it was stored."""
        return eviction.score(entry.cost, entry.frequency, self.turns(entry), entry.need, entry.size)


POLICIES: dict[str, Callable[[Trace], Policy]] = {
    "lru": lambda trace: Policy(),
    "lfu": lambda trace: Lfu(),
    "gdsf": lambda trace: Gdsf(),
    "ours": lambda trace: Ours(trace.near),
    "-isolation": lambda trace: Ours(trace.near, isolation=False),
    "-history": lambda trace: Ours(trace.near, history=0.0),
}


class Played(NamedTuple):
    """What a policy came to."""

    saved_usd: float
    hits: int
    bytes_hit: int
    evictions: int


def play(trace: Trace, capacity: int, policy: Policy, seed: int) -> Played:
    """Run a trace through a cache of `capacity` bytes."""
    rng, residents, pool = random.Random(seed), [], []
    entries, near, used = policy.entries, trace.near, 0
    saved, hits, bytes_hit, evictions = 0.0, 0, 0, 0
    for now, number in enumerate(trace.asked):
        policy.now = now
        found = entries.get(number)
        stores = now in trace.imported
        if found is not None and stores:
            continue
        if found is None and near and not stores:
            others = (
                entries[other] for similarity, other in near.get(number, ()) if similarity >= BAR and other in entries
            )
            found = next(others, None)
        if found is not None:
            saved, hits, bytes_hit = saved + trace.costs[number], hits + 1, bytes_hit + found.size
            policy.used(found)
            found.last = now
            continue
        entry = Entry(number, trace.sizes[number], trace.costs[number], now)
        policy.enters(entry)
        entry.place, entries[number], used = len(residents), entry, used + entry.size
        residents.append(entry)
        while used > capacity:
            drawn = [residents[int(rng.random() * len(residents))] for _ in range(eviction.SAMPLE)]
            victim, pool = eviction.choose((one for one in pool if one.place >= 0), drawn, policy.score)
            if policy.stays(victim):
                pool.append(victim)
                continue
            policy.leaves(victim, policy.score(victim))
            del entries[victim.id]
            last = residents.pop()
            if last is not victim:
                residents[victim.place], last.place = last, victim.place
            victim.place, used, evictions = -1, used - victim.size, evictions + 1
    return Played(saved, hits, bytes_hit, evictions)


def small(seed: int, kind: str) -> Trace:
    """A trace short enough for an exact optimum."""
    rng = np.random.default_rng(seed)
    sizes, costs = weighed(rng, SMALL_QUESTIONS, kind)
    asked = rng.permutation(SMALL_QUESTIONS)[popular(rng, SMALL_QUESTIONS, SMALL_REQUESTS, 0.9)]
    return Trace(asked.tolist(), sizes, costs, {})


def regrets(seeds: list[int]) -> dict[str, dict[str, float]]:
    """What each policy lost against the exact optimum, mean over several small traces; and the bound's distance."""
    found = {}
    for kind in ("even", "models", "agents"):
        for share in SMALL_SHARES:
            rows: dict[str, list[float]] = {}
            for seed in (seed * 1_000 + at for seed in seeds for at in range(SMALL_TRACES)):
                trace = small(seed, kind)
                capacity = int(share * sum(trace.sizes[number] for number in set(trace.asked)))
                most = exact(trace.asked, trace.sizes, trace.costs, capacity)
                for name, new in POLICIES.items():
                    rows.setdefault(name, []).append(1 - play(trace, capacity, new(trace), seed).saved_usd / most)
                rows.setdefault("bound", []).append(bound(trace.asked, trace.sizes, trace.costs, capacity) / most - 1)
            found[f"{kind} {share:.0%}"] = {name: fmean(values) for name, values in rows.items()}
    return found


def compare(trace: Trace, share: float, seed: int) -> dict[str, dict[str, float]]:
    """Every policy on one trace and one capacity."""
    seen = set(trace.asked)
    capacity = int(share * sum(trace.sizes[number] for number in seen))
    all_usd = sum(trace.costs[number] for now, number in enumerate(trace.asked) if now not in trace.imported)
    most = all_usd if trace.near else bound(trace.asked, trace.sizes, trace.costs, capacity)
    rows = {}
    for name, new in POLICIES.items():
        began = perf_counter()
        played = play(trace, capacity, new(trace), seed)
        rows[name] = {
            "saved": played.saved_usd / most,
            "usd_per_mib": played.saved_usd / capacity * (1 << 20),
            "hit_rate": played.hits / len(trace.asked),
            "byte_hit_rate": played.bytes_hit / sum(trace.sizes[number] for number in trace.asked),
            "us_per_request": (perf_counter() - began) * 1e6 / len(trace.asked),
        }
    return rows


FAMILIES: tuple[str, ...] = ("even", "models", "agents", "oneoff", "drift", "bursts", "reworded", "imported")


def main(arguments: list[str]) -> int:
    """Print one table per measure."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--seeds", default="11,12,13")
    parser.add_argument("--families", default=",".join(FAMILIES))
    parser.add_argument("--requests", type=int, default=30_000)
    parser.add_argument("--data", type=Path, nargs="*", default=[])
    given = parser.parse_args(arguments)
    seeds = [int(seed) for seed in given.seeds.split(",")]
    families = [family for family in given.families.split(",") if family]
    traces = {family: [made(family, seed, given.requests) for seed in seeds] for family in families}
    traces |= {path.stem: [read(path, seeds[0])] for path in given.data}
    found: dict[str, Any] = {}
    for family, several in traces.items():
        for share in SHARES:
            runs = [compare(trace, share, seed) for trace, seed in zip(several, seeds, strict=False)]
            found[f"{family} {share:.0%}"] = {
                name: {measure: fmean(run[name][measure] for run in runs) for measure in runs[0][name]}
                for name in POLICIES
            }
    for measure, form in (
        ("saved", ".3f"),
        ("usd_per_mib", ".2f"),
        ("hit_rate", ".3f"),
        ("byte_hit_rate", ".3f"),
        ("us_per_request", ".1f"),
    ):
        print(f"\n{measure:22}" + "".join(f"{name:>12}" for name in POLICIES))
        for case, rows in found.items():
            print(f"{case:22}" + "".join(f"{rows[name][measure]:12{form}}" for name in POLICIES))
        means = {name: fmean(rows[name][measure] for rows in found.values()) for name in POLICIES}
        print(f"{'mean':22}" + "".join(f"{means[name]:12{form}}" for name in POLICIES))
    lost = regrets(seeds)
    print(f"\n{'regret, small traces':22}" + "".join(f"{name:>12}" for name in (*POLICIES, "bound")))
    for case, row in lost.items():
        print(f"{case:22}" + "".join(f"{value:12.3f}" for value in row.values()))
    if given.json:
        told = {"seeds": seeds, "requests": given.requests, "cases": found, "regret": lost}
        given.json.write_text(json.dumps(told, indent=1), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

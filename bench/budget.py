"""Do reports on served answers let more be served within the same error budget, and is the budget kept?

    python bench/budget.py --data 'rows/stream_*.jsonl' [--lines odd] [--budgets 0.02,0.05] [--rate 0.3] [--noise 0.1]

Each stream is played in order, as bench/pairs.py plays it: an exact repeat is served, else the nearest stored question
that the serve rules let through and whose confidence (the similarity) reaches the bar; on a miss the question is
stored. A share of the served answers is reported, and a share of these reports is mistaken. A bad report removes the
answer. The bar is that of match/thresholds.py, worked out anew after each report; `fixed` is the same bar with no
report ever made. The budget is about what was served by similarity: exact repeats come on top, and are counted in
`hits`. Tables and constants were chosen on even lines; odd ones are shown unless told otherwise.
"""

import argparse
import json
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pairs

from crowkis.match import thresholds
from crowkis.match.features import features
from crowkis.match.normalise import normalise
from crowkis.values.judgement import Tally

CANDIDATES_MAX = 12
"""Neighbours kept per question, nearest first, that the rules let through."""
NOISE_MAX = 0.1
"""As the setting feedback_noise."""


class Prepared(NamedTuple):
    """A stream with what does not depend on bars."""

    keys: list[str]
    answers: list[str]
    near: list[list[tuple[int, float]]]


class Outcome(NamedTuple):
    """What playing a stream came to."""

    asked: int
    exact: int
    served: int
    """By similarity."""
    wrong: int
    """Of these."""
    late_served: int
    """In the second half of the stream."""
    late_wrong: int
    reports: int
    bar: float
    """At the end."""


def prepared(path: str, lines: str, cache: Path | None) -> Prepared:
    """Read, embed, find neighbours, ask the rules."""
    rows = pairs.rows_of(path, lines)
    vectors = pairs.vectors_for({row["query"] for row in rows}, cache)
    known = {
        text: pairs.Prepared(text, normalise(text), features(text), vectors[text])
        for text in {row["query"] for row in rows}
    }
    stream = pairs.stream_of(rows, known)
    near = []
    for (asked, _), found in zip(stream, pairs.neighbours(stream), strict=True):
        agreed = (pair for pair in found if pairs.rules_agree(asked, stream[pair[0]][0]))
        near.append([pair for pair, _ in zip(agreed, range(CANDIDATES_MAX), strict=False)])
    return Prepared([question.key for question, _ in stream], [answer for _, answer in stream], near)


class Play:
    """One pass over a stream."""

    def __init__(self, stream: Prepared, budget: float, rate: float, noise: float, rng: Random) -> None:
        self.stream, self.budget, self.rate, self.noise, self.rng = stream, budget, rate, noise, rng
        self.tally = Tally()
        self.bar = thresholds.bar(self.tally, budget, NOISE_MAX)
        self.stored: set[int] = set()
        self.by_key: dict[str, int] = {}
        self.seen: dict[int, int] = {}
        self.exact = self.reports = 0
        self.hits: list[tuple[int, bool]] = []
        """Line and whether wrong, of answers served by similarity."""

    def run(self) -> Outcome:
        """Ask every question in order."""
        for line in range(len(self.stream.keys)):
            self._ask(line)
        half = len(self.stream.keys) // 2
        late = [wrong for line, wrong in self.hits if line >= half]
        wrong = sum(wrong for _, wrong in self.hits)
        return Outcome(
            len(self.stream.keys), self.exact, len(self.hits), wrong, len(late), sum(late), self.reports, self.bar
        )

    def _ask(self, line: int) -> None:
        keys, answers, near = self.stream
        found = self.by_key.get(keys[line])
        if found is not None:
            self.exact += 1
            self._report(line, found, 1.0, exact=True)
            return
        best = next((pair for pair in near[line] if pair[0] in self.stored), None)
        if best is not None:
            place = thresholds.bin_of(best[1])
            self.seen[place] = self.seen.get(place, 0) + 1
        if best is None or best[1] < self.bar:
            self.stored.add(line)
            self.by_key[keys[line]] = line
            return
        self.hits.append((line, answers[best[0]] != answers[line]))
        self._report(line, best[0], best[1], exact=False)

    def _report(self, line: int, found: int, confidence: float, exact: bool) -> None:
        if self.rng.random() >= self.rate:
            return
        self.reports += 1
        right = (self.stream.answers[found] == self.stream.answers[line]) != (self.rng.random() < self.noise)
        self.tally = thresholds.seen(thresholds.noted(self.tally, confidence, exact, right), self.seen)
        self.seen.clear()
        self.bar = thresholds.bar(self.tally, self.budget, NOISE_MAX)
        if not right:
            self.stored.discard(found)
            self.by_key.pop(self.stream.keys[found], None)


def averaged(outcomes: list[Outcome]) -> dict[str, float]:
    """Shares over several passes, in per cent."""
    mean = {name: float(np.mean([getattr(one, name) for one in outcomes])) for name in Outcome._fields}
    return {
        "hits": 100 * (mean["exact"] + mean["served"]) / max(1.0, mean["asked"]),
        "similar": 100 * mean["served"] / max(1.0, mean["asked"]),
        "wrong_of_similar": 100 * mean["wrong"] / max(1.0, mean["served"]),
        "late": 100 * mean["late_wrong"] / max(1.0, mean["late_served"]),
        "wrong_of_hits": 100 * mean["wrong"] / max(1.0, mean["exact"] + mean["served"]),
        "wrong_of_asked": 100 * mean["wrong"] / max(1.0, mean["asked"]),
        "reports": mean["reports"],
        "bar": mean["bar"],
    }


def main() -> None:
    """Play every stream at every budget: without reports, with true ones, with some that are mistaken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, action="append", help="glob of JSON Lines files; may be repeated")
    parser.add_argument("--lines", choices=("even", "odd", "all"), default="odd")
    parser.add_argument("--budgets", default="0.02,0.05")
    parser.add_argument("--rate", type=float, default=0.3, help="share of served answers that are reported")
    parser.add_argument("--noise", type=float, default=0.1, help="share of reports that are mistaken")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="keep vectors in this .npz file")
    parser.add_argument("--json", type=Path, help="write all numbers here")
    options = parser.parse_args()
    report: dict[str, dict[str, dict[str, dict[str, float]]]] = {}
    kinds = {"fixed": (0.0, 0.0), "reports": (options.rate, 0.0), "noisy reports": (options.rate, options.noise)}
    print("in %: budget, how, hits, hits by similarity, wrong of these (second half), wrong of all hits, of asked; bar")
    for path in sorted({path for pattern in options.data for path in pairs.matching(pattern)}):
        stream = prepared(path, options.lines, options.cache)
        name = Path(path).stem
        print(f"{name}, {options.lines} lines, {len(stream.keys)} rows")
        for budget in map(float, options.budgets.split(",")):
            for kind, (rate, noise) in kinds.items():
                seeds = range(options.seeds if rate else 1)
                row = averaged([Play(stream, budget, rate, noise, Random(seed)).run() for seed in seeds])
                report.setdefault(name, {}).setdefault(str(budget), {})[kind] = row
                print(
                    f"    {100 * budget:4.1f}  {kind:14} {row['hits']:5.1f} {row['similar']:5.1f}"
                    f" {row['wrong_of_similar']:6.2f} ({row['late']:5.2f}) {row['wrong_of_hits']:6.2f}"
                    f" {row['wrong_of_asked']:6.2f}  {row['bar']:.3f}"
                )
    if options.json:
        options.json.write_text(json.dumps(report, indent=1), "utf-8")


if __name__ == "__main__":
    main()

"""How long does one judgement take: all that is asked of a question and of four candidates, embedding and index aside?

    python bench/judgement.py [--json FILE] [--rounds N]

Questions of 12 and of 100 words, made here; no text is asked about twice, so nothing is remembered but what an entry
keeps (its features). Printed per step: normalising, features with intent, judging four candidates with the gates and
the confidence. The goal: 300 us for 12 words, 1 ms for 100, at the median.
"""

import random
from statistics import median
from time import perf_counter_ns
from typing import Any

from embedder import question
from rig import bench_arguments, machine, print_table, quantile, write_json

from crowkis.engine.rules import GATE_RULES
from crowkis.match.company import company
from crowkis.match.confidence import probability
from crowkis.match.features import features
from crowkis.match.judge import judge
from crowkis.match.normalise import normalise
from crowkis.match.sketch import sketch
from crowkis.values.question import Candidate, Policy, Question, Scope

SCOPE = Scope("t", "", "", "")
CANDIDATES = 4
WORDS = (12, 100)


def near(rng: random.Random, text: str) -> str:
    """The same with a few words in another order: close enough that every gate looks at all of it."""
    words = text.rstrip("?").split()
    at = rng.randrange(4, len(words) - 1)
    return "Please, " + " ".join([*words[:at], *words[at + 1 :], words[at]]) + "?"


def one_round(rng: random.Random, words: int) -> dict[str, int]:
    """Nanoseconds by step."""
    text = question(rng, words)
    stored = [near(rng, text) for _ in range(CANDIDATES)]
    kept = [features(other) for other in stored]
    around = [(0.95 - number / 100, sketch(b"%d" % (number % 2))) for number in range(CANDIDATES)]
    began = perf_counter_ns()
    normalise(text)
    normalised = perf_counter_ns()
    known = features(text)
    read = perf_counter_ns()
    asked = Question(text, SCOPE, "s", frozenset(), known, 0)
    for number, other in enumerate(stored):
        candidate = Candidate(b"", other, SCOPE, "s", frozenset(), kept[number], 0, 0, 0.9, False)
        judge(asked, candidate, Policy(0.6), GATE_RULES)
        probability(text, other, 0.9, company(around, number))
    done = perf_counter_ns()
    return {"normalise": normalised - began, "features": read - normalised, "four candidates": done - read,
            "whole": done - began}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=1_000)
    options = parser.parse_args()
    rng = random.Random(5)
    report: dict[str, Any] = {"machine": machine()}
    for words in WORDS:
        rounds = [one_round(rng, words) for _ in range(options.rounds)]
        rows = {step: [row[step] / 1e3 for row in rounds] for step in rounds[0]}
        told = {step: (round(median(taken), 1), round(quantile(taken, 0.99), 1)) for step, taken in rows.items()}
        print_table(f"{words} words, us", ["", "p50", "p99"], [[step, *cells] for step, cells in told.items()])
        report[f"{words} words"] = told
    write_json(options.json, report)


if __name__ == "__main__":
    main()

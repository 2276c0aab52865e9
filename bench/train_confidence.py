"""Where the weights of match/weights.py come from: fits them, says how well they are calibrated, writes them.

    python bench/train_confidence.py --data DIR [--write crowkis/match/weights.py] [--json FILE]

Rows: the questions of DIR/stream_*.jsonl {query, answer_id} in their order, each with its nearest earlier questions of
which a random part is taken as stored (15, 60 or 90 %), and DIR/pairs.jsonl {a, b, label, source} and axes_dev.jsonl
beside this file, each pair alone. Rows a gate objects to are left out: they are never asked for a confidence. Fitted on
even lines (from 0) and axes_dev, every source counting the same, Quora never; reported on odd lines, once as fitted and
once with the source left out of the fitting. The fit is a logistic regression with the directions of SIGNALS as
bounds (L-BFGS-B) and a small ridge. Needs scipy.
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rig import bench_arguments, print_table, rows_of, write_json

from crowkis.embed.onnx import OnnxEmbedder
from crowkis.engine.rules import MEANING_RULES
from crowkis.match.company import company
from crowkis.match.features import features
from crowkis.match.judge import judge
from crowkis.match.signals import SIGNALS, signals
from crowkis.match.sketch import sketch
from crowkis.values.question import ALONE, Candidate, Policy, Question, Scope

HERE = Path(__file__).parent
STORED_SHARES = (0.15, 0.6, 0.9)
NEIGHBOURS = 8
JUDGED_MAX = 4
SIMILARITY_MIN = 0.5
RIDGE = 1e-4
SEED = 1
SCOPE = Scope("t", "", "", "")
NOT_FITTED = ("qqp",)
"""Sources for reporting alone, by a part of their name."""
WEIGHT_OF = {"pairs": 0.3, "stream": 1.0, "axes": 1.0}
"""Labelled pairs were chosen because they are hard: as one source each they would pass for what a cache meets."""
MARK = "# Below: printed by bench/train_confidence.py --write."
EDGES = (0.0, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 1.0)


class Row(NamedTuple):
    """One candidate for one question."""

    source: str
    odd: bool
    numbers: tuple[float, ...]
    agreeing: bool
    right: bool


class Fitted(NamedTuple):
    """A regression: log-odds = bias + weights * numbers."""

    bias: float
    weights: Any


Vectors = dict[str, Any]


class Gates:
    """Would a gate object to serving the one for the other? Features are worked out once a text."""

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}

    def object(self, asked: str, stored: str, similarity: float) -> bool:
        """True where one does."""
        question = Question(asked, SCOPE, "s", frozenset(), self._features(asked), 0)
        candidate = Candidate(b"", stored, SCOPE, "s", frozenset(), self._features(stored), 0, 0, similarity, False)
        return judge(question, candidate, Policy(0.0), MEANING_RULES).objection is not None

    def _features(self, text: str) -> Any:
        if text not in self._known:
            self._known[text] = features(text)
        return self._known[text]


def stream_rows(name: str, lines: Sequence[dict[str, Any]], vectors: Vectors, gates: Gates) -> Iterator[Row]:
    """Each question with what is stored of the earlier ones of the same parity, so that the halves stay apart."""
    random = np.random.default_rng(SEED)
    first_seen = {row["query"]: number for number, row in reversed(list(enumerate(lines)))}
    for odd in (False, True):
        places = sorted(place for place in first_seen.values() if place % 2 == odd)
        matrix = np.stack([vectors[lines[place]["query"]] for place in places])
        luck = random.random(len(places))
        for at in range(1, len(places)):
            similarities = np.where(luck[:at] < random.choice(STORED_SHARES), matrix[:at] @ matrix[at], -1.0)
            nearest = [int(n) for n in np.argsort(-similarities)[:NEIGHBOURS] if similarities[n] > -1.0]
            neighbours = [(float(similarities[n]), sketch(lines[places[n]]["answer_id"].encode())) for n in nearest]
            asked = lines[places[at]]
            for rank, (similarity, answer) in enumerate(neighbours[:JUDGED_MAX]):
                stored = lines[places[nearest[rank]]]["query"]
                if similarity < SIMILARITY_MIN or gates.object(asked["query"], stored, similarity):
                    continue
                around = company(neighbours, rank)
                numbers = signals(asked["query"], stored, similarity, around)
                yield Row(name, odd, numbers, around.agreeing > 0, answer == sketch(asked["answer_id"].encode()))


def pair_rows(pairs: Sequence[dict[str, Any]], vectors: Vectors, gates: Gates) -> Iterator[Row]:
    """Each pair alone in its cache."""
    for number, row in enumerate(pairs):
        similarity = float(vectors[row["a"]] @ vectors[row["b"]])
        if not gates.object(row["b"], row["a"], similarity):
            numbers = signals(row["b"], row["a"], similarity, ALONE)
            yield Row(row["source"], bool(row.get("odd", number % 2)), numbers, False, bool(row["label"]))


def all_rows(directory: Path) -> list[Row]:
    """Everything there is to learn from and to be measured on."""
    streams = {path.stem: rows_of(path) for path in sorted(directory.glob("stream_*.jsonl"))}
    pairs = [row | {"source": f"pairs {row['source']}"} for row in rows_of(directory / "pairs.jsonl")]
    axes = [row | {"source": "axes", "odd": False} for row in rows_of(HERE / "axes_dev.jsonl")]
    texts = dict.fromkeys(row["query"] for lines in streams.values() for row in lines)
    texts |= dict.fromkeys(text for row in (*pairs, *axes) for text in (row["a"], row["b"]))
    print(f"embedding {len(texts)} texts", file=sys.stderr)
    vectors = dict(zip(texts, OnnxEmbedder().embed(list(texts)), strict=True))
    gates = Gates()
    rows = [row for name, lines in streams.items() for row in stream_rows(name, lines, vectors, gates)]
    return [*rows, *pair_rows(pairs, vectors, gates), *pair_rows(axes, vectors, gates)]


def fit(rows: Sequence[Row]) -> Fitted:
    """Bounded logistic regression; every source counts the same, times WEIGHT_OF its kind."""
    from scipy.optimize import minimize

    numbers = np.array([row.numbers for row in rows])
    right = np.array([row.right for row in rows], float)
    sources = np.array([row.source for row in rows])
    shares = {source: WEIGHT_OF[kind_of(source)] / (sources == source).sum() for source in set(sources)}
    share = np.array([shares[source] for source in sources])
    share /= share.sum()
    middle, spread = numbers.mean(0), numbers.std(0) + 1e-9
    scaled = (numbers - middle) / spread

    def loss(chosen: Any) -> tuple[float, Any]:
        odds = scaled @ chosen[1:] + chosen[0]
        error = share * (1.0 / (1.0 + np.exp(-odds)) - right)
        value = (share * (np.logaddexp(0.0, odds) - right * odds)).sum() + RIDGE * (chosen[1:] ** 2).sum()
        return value, np.r_[error.sum(), scaled.T @ error + 2 * RIDGE * chosen[1:]]

    bounds = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
    limits = [(None, None), *(bounds[signal.direction] for signal in SIGNALS)]
    found = minimize(loss, np.zeros(len(limits)), jac=True, bounds=limits, method="L-BFGS-B", options={"maxiter": 1000})
    weights = found.x[1:] / spread
    return Fitted(float(found.x[0] - weights @ middle), weights)


def kind_of(source: str) -> str:
    """stream, pairs or axes."""
    return source.replace("_", " ").split()[0]


def is_fitted(row: Row) -> bool:
    """May the weights be fitted on this row?"""
    return not row.odd and not any(part in row.source for part in NOT_FITTED)


def fit_both(rows: Sequence[Row], left_out: str = "") -> tuple[Fitted, Fitted]:
    """For candidates alone and for those whose answer others carry; one source's name may be left out of it."""
    chosen = [row for row in rows if is_fitted(row) and not (left_out and left_out in row.source)]
    return fit([row for row in chosen if not row.agreeing]), fit([row for row in chosen if row.agreeing])


def probabilities(models: tuple[Fitted, Fitted], rows: Sequence[Row]) -> Any:
    """What the models say of the rows."""
    odds = [models[row.agreeing].bias + models[row.agreeing].weights @ np.array(row.numbers) for row in rows]
    return 1.0 / (1.0 + np.exp(-np.array(odds)))


def reliability(told: Any, right: Any) -> dict[str, Any]:
    """Per bin of confidence: how many rows, what was promised and what was right."""
    found = {}
    for low, high in pairwise(EDGES):
        inside = (told >= low) & (told < high if high < 1.0 else told <= high)
        if inside.any():
            means = (round(float(told[inside].mean()), 3), round(float(right[inside].mean()), 3))
            found[f"{low:g} to {high:g}"] = {"rows": int(inside.sum()), "promised": means[0], "right": means[1]}
    return found


def report(title: str, rows: Sequence[Row], told: Any) -> dict[str, Any]:
    """Print and return reliability by source."""
    right = np.array([row.right for row in rows])
    sources = np.array([row.source for row in rows])
    found, lines = {}, []
    for source in sorted(set(sources)):
        inside = sources == source
        found[source] = reliability(told[inside], right[inside])
        for name, cell in found[source].items():
            if float(name.split()[0]) >= 0.8:
                lines.append([source, name, *cell.values()])
    print_table(title, ["", "confidence", "rows", "promised", "right"], lines)
    return found


def module_text(before: str, models: tuple[Fitted, Fitted]) -> str:
    """match/weights.py with other numbers below MARK."""
    head, mark, _ = before.partition(MARK)
    parts = [head, mark or MARK, "\n"]
    for name, model in zip(("ALONE", "AGREED"), models, strict=True):
        cells = "\n".join(
            f"        {weight if abs(weight) > 5e-4 else 0.0:.3f},  # {signal.name}".replace("-0.000", "0.000")
            for signal, weight in zip(SIGNALS, model.weights, strict=True)
        )
        parts.append(f"\n{name} = Model(\n    {model.bias:.3f},\n    (\n{cells}\n    ),\n)\n")
    return "".join(parts)


def main() -> None:
    """Fit, report, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the labelled rows are")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the weights there")
    options = parser.parse_args()
    rows = all_rows(options.data)
    models = fit_both(rows)
    odd = [row for row in rows if row.odd]
    found = {"as fitted": report("odd lines", odd, probabilities(models, odd))}
    for name in ("banking77", "clinc", "overnight", "snips"):
        chosen = [row for row in odd if name in row.source]
        told = probabilities(fit_both(rows, name), chosen)
        found[f"without {name}"] = report(f"odd lines of {name}, fitted without it", chosen, told)
    if options.write:
        options.write.write_text(module_text(options.write.read_text("utf-8"), models), "utf-8")
    write_json(options.json, found)


if __name__ == "__main__":
    main()

"""How many true paraphrases do the serve rules let through, and how many traps, against a plain cosine bar?

    python bench/pairs.py --data 'rows/*.jsonl' [--lines even|odd|all] [--bars 0.8,0.9] [--cache vectors.npz]

A file holds rows {a, b, label, source, kind}, or it is a stream of {query, answer_id} or
{question, answer, template_id} rows, played in order: look up, and store on a miss. Hits are wrong when the answer
stored is another than the row's own. Every other line can be left out, so that bars are chosen on one half and
reported on the other. Nothing is learned here; the numbers printed are those of the rules in engine/rules.py.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from crowkis.embed.onnx import OnnxEmbedder
from crowkis.engine.rules import SERVE_RULES
from crowkis.match.features import features
from crowkis.match.judge import judge
from crowkis.match.normalise import normalise
from crowkis.values.limits import CANDIDATES_FIRST
from crowkis.values.question import Candidate, Features, Policy, Question, Scope

SCOPE = Scope("default", "default", "", "")
NEIGHBOURS_MAX = 400
"""Earlier questions kept per question when a stream is prepared."""
SIMILARITY_FLOOR = 0.5
EVERYTHING = Policy(-1.0)
"""A bar that nothing is below: the rules without the similarity gate."""


class Prepared(NamedTuple):
    """A question with what is worked out once."""

    text: str
    key: str
    features: Features
    vector: Any


class Tally(NamedTuple):
    """What playing a stream came to."""

    asked: int
    hits: int
    wrong: int

    def line(self) -> str:
        """Hit rate and wrong-of-hits, in per cent."""
        return f"{100 * self.hits / max(1, self.asked):5.1f} {100 * self.wrong / max(1, self.hits):5.1f}"


Stream = list[tuple[Prepared, str]]
Agreement = Callable[[Prepared, Prepared], bool]


def rules_agree(asked: Prepared, stored: Prepared) -> bool:
    """Do all gates but the similarity bar let the stored answer through?"""
    exact = asked.key == stored.key
    question = Question(asked.text, SCOPE, "bench", frozenset(), asked.features, 1)
    candidate = Candidate(b"", stored.text, SCOPE, "bench", frozenset(), stored.features, 0, 0, 1.0, exact)
    return judge(question, candidate, EVERYTHING, SERVE_RULES).objection is None


def cosine_agrees(asked: Prepared, stored: Prepared) -> bool:
    """Plain cosine asks nothing more."""
    return True


def rows_of(path: str, lines: str) -> list[dict[str, Any]]:
    """The rows of a file: all, or those at even or odd line numbers (from 0)."""
    with Path(path).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return {"all": rows, "even": rows[::2], "odd": rows[1::2]}[lines]


def matching(pattern: str) -> list[str]:
    """The files a glob names."""
    return [str(path) for path in Path(pattern).parent.glob(Path(pattern).name)]


def texts_of(row: dict[str, Any]) -> list[str]:
    """The questions in a row, whatever its form."""
    return [row[name] for name in ("a", "b", "query", "question") if name in row]


def vectors_for(texts: Iterable[str], cache: Path | None) -> dict[str, Any]:
    """Text to unit vector, from the cache where it has them, from the embedded embedder otherwise."""
    known: dict[str, Any] = {}
    if cache is not None and cache.exists():
        with np.load(cache, allow_pickle=True) as saved:
            known = dict(zip(saved["texts"], saved["vectors"], strict=True))
    missing = sorted(set(texts) - known.keys())
    if missing:
        embedder = OnnxEmbedder()
        known |= {text: embedder.embed([text])[0] for text in missing}
        if cache is not None:
            np.savez(cache, texts=np.array(list(known), object), vectors=np.array(list(known.values())))
    return known


def neighbours(stream: Stream) -> list[list[tuple[int, float]]]:
    """For every question its nearest earlier ones with their similarity, nearest first."""
    matrix = np.array([question.vector for question, _ in stream], np.float32)
    found: list[list[tuple[int, float]]] = []
    for i in range(len(stream)):
        similarities = matrix[:i] @ matrix[i]
        near = np.flatnonzero(similarities >= SIMILARITY_FLOOR)
        if len(near) > NEIGHBOURS_MAX:
            near = near[np.argpartition(-similarities[near], NEIGHBOURS_MAX)[:NEIGHBOURS_MAX]]
        near = near[np.argsort(-similarities[near], kind="stable")]
        found.append([(int(j), float(similarities[j])) for j in near])
    return found


def play(stream: Stream, near: list[list[tuple[int, float]]], bar: float, agrees: Agreement) -> Tally:
    """Ask every question in order; store it on a miss."""
    stored: set[int] = set()
    by_key: dict[str, int] = {}
    hits = wrong = 0
    for i, (question, answer) in enumerate(stream):
        served = by_key.get(question.key)
        if served is None:
            candidates = ((j, similarity) for j, similarity in near[i] if similarity >= bar and j in stored)
            for (j, _), _ in zip(candidates, range(CANDIDATES_FIRST), strict=False):
                if agrees(question, stream[j][0]):
                    served = j
                    break
        if served is None:
            stored.add(i)
            by_key[question.key] = i
        else:
            hits += 1
            wrong += stream[served][1] != answer
    return Tally(len(stream), hits, wrong)


def stream_of(rows: list[dict[str, Any]], known: dict[str, Prepared]) -> Stream:
    """The rows as questions with the name of their right answer."""
    if "query" in rows[0]:
        return [(known[row["query"]], row["answer_id"]) for row in rows]
    return [(known[row["question"]], f"{row['template_id']} {row['answer']}") for row in rows]


def play_all(stream: Stream, bars: list[float]) -> list[dict[str, Any]]:
    """Rules and plain cosine on one stream at every bar."""
    near = neighbours(stream)
    table = []
    for bar in bars:
        ours, plain = play(stream, near, bar, rules_agree), play(stream, near, bar, cosine_agrees)
        table.append({"bar": bar, "rules": ours._asdict(), "cosine": plain._asdict()})
        print(f"    {bar:.3f}   {ours.line()}   {plain.line()}")
    return table


def score_pairs(rows: list[dict[str, Any]], known: dict[str, Prepared], bars: list[float]) -> list[dict[str, Any]]:
    """Per label, source and kind: the share accepted by the rules and by cosine at every bar."""
    judged = defaultdict(list)
    for row in rows:
        stored, asked = known[row["a"]], known[row["b"]]
        outcome = (float(stored.vector @ asked.vector), rules_agree(asked, stored))
        judged[f"{row['label']} {row['source']}/{row['kind']}"].append(outcome)
    table = []
    for kind, outcomes in sorted(judged.items(), reverse=True):
        agreed = sum(agrees for _, agrees in outcomes) / len(outcomes)
        cells = []
        for bar in bars:
            plain = sum(similarity >= bar for similarity, _ in outcomes) / len(outcomes)
            ours = sum(agrees for similarity, agrees in outcomes if similarity >= bar) / len(outcomes)
            cells.append({"bar": bar, "rules": ours, "cosine": plain})
        table.append({"kind": kind, "rows": len(outcomes), "rules_alone": agreed, "at": cells})
        shown = "  ".join(f"{100 * cell['rules']:5.1f}/{100 * cell['cosine']:5.1f}" for cell in cells)
        print(f"    {kind:36} {len(outcomes):5}  {100 * agreed:5.1f}  {shown}")
    return table


def main() -> None:
    """Read the files, embed what is new, print a table per file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, action="append", help="glob of JSON Lines files; may be repeated")
    parser.add_argument("--lines", choices=("even", "odd", "all"), default="all")
    parser.add_argument("--bars", default="0.70,0.75,0.80,0.85,0.88,0.90,0.92,0.95")
    parser.add_argument("--cache", type=Path, help="keep vectors in this .npz file")
    parser.add_argument("--json", type=Path, help="write all numbers here")
    options = parser.parse_args()
    bars = [float(bar) for bar in options.bars.split(",")]
    paths = sorted({path for pattern in options.data for path in matching(pattern)})
    files = {path: rows_of(path, options.lines) for path in paths}
    texts = {text for rows in files.values() for row in rows for text in texts_of(row)}
    vectors = vectors_for(texts, options.cache)
    known = {text: Prepared(text, normalise(text), features(text), vectors[text]) for text in texts}
    report = {}
    for path, rows in files.items():
        name = Path(path).name
        print(f"{name}, {options.lines} lines, {len(rows)} rows")
        if "label" in rows[0]:
            print(f"    kind, rows, % the rules let through, % accepted rules/cosine at {options.bars}")
            report[name] = score_pairs(rows, known, bars)
        else:
            print("    bar     rules: hits%, wrong-of-hits%   cosine: the same")
            report[name] = play_all(stream_of(rows, known), bars)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

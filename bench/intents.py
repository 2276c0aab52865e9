"""How often are intents told rightly, what does it cost, and do questions that age get a short shelf life?

    python bench/intents.py [--data rows/] [--errors dev] [--json numbers.json]

Reads the labelled texts beside this file: intents_dev.jsonl, which the cues were tuned on, and intents_test.jsonl,
which was labelled before the first cue was written and whose single errors nobody looked at since. Prints accuracy,
each intent's precision and recall, and which are taken for which. With --data, a directory with the files that
intents_rows.jsonl names: the accuracy on rows labelled by hand there (the first label, or any of those that a reader
might defend), what volatile.jsonl says changes fast, slowly or never, and how many questions of the streams there
have a posture other than free. Times are of this process alone.
"""

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from time import perf_counter_ns
from typing import Any

from rig import rows_of

from crowkis.match.intent import intent_of, reading
from crowkis.match.tokens import tokens
from crowkis.values.intent import NAMES, POSTURE_COLUMN, SHELF_LIFE_COLUMN, shelf_life_s

HERE = Path(__file__).parent
LONG = " ".join(["please look at the whole of this long question about the way our company keeps its records"] * 6)
SHORT_S = 86_400
"""At most this is a short shelf life."""


def scored(name: str, cases: list[tuple[str, list[str]]], show_errors: bool) -> dict[str, Any]:
    """Accuracy on texts with their labels, and what is taken for what."""
    strict = lenient = 0
    taken: Counter[tuple[str, str]] = Counter()
    for text, labels in cases:
        told = intent_of(text).name
        strict += told == labels[0]
        lenient += told in labels
        taken[labels[0], told] += 1
        if show_errors and told not in labels:
            print(f"    {labels[0]:14} as {told:14} {text[:100]}")
            for cue in reading(text).cues[:5]:
                print(f"        {cue}")
    count = max(1, len(cases))
    print(
        f"{name}: {len(cases)} texts, right {100 * strict / count:.1f} %, "
        f"right or defensible {100 * lenient / count:.1f} %"
    )
    table = {}
    for intent in NAMES[:-1]:
        said = sum(n for (_, told), n in taken.items() if told == intent)
        meant = sum(n for (label, _), n in taken.items() if label == intent)
        right = taken[intent, intent]
        missed = {told: n for (label, told), n in taken.most_common() if label == intent and told != intent}
        table[intent] = {
            "rows": meant,
            "precision": right / max(1, said),
            "recall": right / max(1, meant),
            "as": missed,
        }
        row = table[intent]
        print(
            f"    {intent:15} {meant:4} rows  precision {row['precision']:.2f}  recall {row['recall']:.2f}"
            f"  {', '.join(f'{told} {n}' for told, n in missed.items())}"
        )
    return {"rows": len(cases), "accuracy": strict / count, "accuracy_defensible": lenient / count, "intents": table}


def aging(path: Path, lines: str) -> dict[str, Any]:
    """Of questions whose answers change fast, slowly or never: how many are temporal, how many live a day at most."""
    kinds: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for place, row in enumerate(rows_of(path)):
        if lines != "all" and (place % 2 == 0) != (lines == "even"):
            continue
        intent = intent_of(row["query"])
        life_s = shelf_life_s(intent, SHELF_LIFE_COLUMN)
        kinds[row["fact_type"]].append((intent.name == "temporal", 0 < life_s <= SHORT_S))
    table = {}
    for kind, rows in sorted(kinds.items()):
        temporal, short = sum(row[0] for row in rows), sum(row[1] for row in rows)
        table[kind] = {"rows": len(rows), "temporal": temporal, "short": short}
        print(f"    {kind:15} {len(rows):3} rows  temporal {temporal:3}  a day at most {short:3}")
    return table


def postures(path: Path, lines: str) -> dict[str, Any]:
    """Of a stream's questions, each once: how many have which posture, and which intent makes them other than free."""
    rows = rows_of(path)[{"all": slice(None), "even": slice(0, None, 2), "odd": slice(1, None, 2)}[lines]]
    texts = {row["query"] for row in rows}
    intents = Counter(intent_of(text).name for text in texts)
    shares: Counter[str] = Counter()
    for name, count in intents.items():
        shares[POSTURE_COLUMN[name]] += count
    bound = {name: n for name, n in intents.most_common() if POSTURE_COLUMN[name] != "free"}
    share = 100 * sum(bound.values()) / max(1, len(texts))
    told = ", ".join(f"{name} {n}" for name, n in bound.items())
    print(f"{path.name}, {lines} lines: {len(texts)} questions, {share:.1f} % other than free  ({told})")
    return {"questions": len(texts), "postures": dict(shares), "other_than_free": bound}


def timed(text: str) -> dict[str, float]:
    """Microseconds per text: the median of five hundred, with its tokens known and with them to be cut."""
    marks = tokens(text)
    taken = []
    for known in (marks, None):
        spans = []
        for _ in range(500):
            began = perf_counter_ns()
            intent_of(text, known)
            spans.append(perf_counter_ns() - began)
        taken.append(sorted(spans)[250] / 1e3)
    return {"words": len(text.split()), "tokens_known_us": taken[0], "whole_us": taken[1]}


def main() -> None:
    """Score, age, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="directory of the files named in intents_rows.jsonl")
    parser.add_argument("--errors", choices=("dev", "rows"), help="show what is told wrongly there")
    parser.add_argument(
        "--lines", choices=("even", "odd", "all"), default="odd", help="of volatile.jsonl and the streams"
    )
    parser.add_argument("--json", type=Path, help="write all numbers here")
    options = parser.parse_args()
    report: dict[str, Any] = {}
    for half in ("dev", "test"):
        cases = [(row["text"], [row["intent"]]) for row in rows_of(HERE / f"intents_{half}.jsonl")]
        report[half] = scored(half, cases, options.errors == half)
    if options.data:
        texts = {path.name: rows_of(path) for path in options.data.glob("*.jsonl")}
        labelled = [row for row in rows_of(HERE / "intents_rows.jsonl") if row["file"] in texts]
        for file in sorted({row["file"] for row in labelled}):
            cases = [(texts[file][row["row"]]["query"], row["intents"]) for row in labelled if row["file"] == file]
            report[file] = scored(file, cases, options.errors == "rows")
        cases = [(texts[row["file"]][row["row"]]["query"], row["intents"]) for row in labelled]
        report["rows"] = scored("all labelled rows", cases, False)
        if "volatile.jsonl" in texts:
            print(f"volatile.jsonl, {options.lines} lines")
            report["volatile"] = aging(options.data / "volatile.jsonl", options.lines)
        for path in sorted(options.data.glob("stream_*.jsonl")):
            report[path.name + " postures"] = postures(path, options.lines)
    report["times"] = [timed("how do i change the email address of my account in the app"), timed(LONG)]
    for row in report["times"]:
        print(
            f"{row['words']} words: {row['tokens_known_us']:.1f} us, {row['whole_us']:.1f} us with cutting into tokens"
        )
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()

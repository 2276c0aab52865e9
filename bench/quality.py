"""How often does the cache answer, and how often wrongly, against plain cosine and two products as they come?

    python bench/quality.py --data DIR [--parts pairs,streams,...] [--limit N] [--json FILE] [--plots DIR]

Everything goes through redis-py to a running server with its own embedder. The baselines get the server's vectors
(CEMBED) and decide in this process (baselines.py). Parts, each with its files in DIR:

    axes           axes_dev.jsonl, axes_test.jsonl beside this file: traps that differ in one thing, and rewordings
    pairs          pairs*.jsonl {a, b, label, source, kind, strict}: a is stored, b is asked
    conversations  conversations*.jsonl: the same, a and b are lists of messages
    streams        stream_*.jsonl {query, answer_id}: asked in order, stored on a miss
    unique         prompts_unique*.jsonl: the same; every hit is wrong
    math           gsm_templates*.jsonl {question, answer}: the same; one template, other numbers
    volatile       volatile*.jsonl {query, fact_type}: what shelf life a stored answer gets

Rules may have been tuned on even lines (from 0) of DIR and on axes_dev: tables count odd lines, and even ones apart.
"crowkis" is the default bar, "crowkis 0.8" THRESHOLD 0.8, "cosine 0.8" a plain cut-off at 0.8.
"""

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from asking import ANSWER, Bar, Door, Side, bar_name
from baselines import PRODUCTS, Played, cosine_decisions, most_hits, play_cosine
from rig import bench_arguments, crowkis_server, machine, print_table, rows_of, scratch, times, write_json

HERE = Path(__file__).parent
FILES = {
    "axes": "axes_*.jsonl",
    "pairs": "pairs*.jsonl",
    "conversations": "conversations*.jsonl",
    "streams": "stream_*.jsonl",
    "unique": "prompts_unique*.jsonl",
    "math": "gsm_templates*.jsonl",
    "volatile": "volatile*.jsonl",
}
ALL = "all"
"""In the name of a group: it holds every row of its label."""
DAY_S = 86_400
SEED = 7
SHOWN_BARS = (0.85, 0.92)
"""Plain cut-offs with a column; the others are in the JSON."""
WRONG_MAXES = (0.02, 0.05)
"""Shares of wrong answers at which hits are compared."""
MEMO = "512m"
"""Room for every text's vector: later bars shall not embed again."""


class Bench(NamedTuple):
    """What every part needs."""

    door: Door
    bars: Sequence[Bar]
    cosines: dict[str, float]
    limit: int | None
    plots: Path | None

    @property
    def shown(self) -> list[str]:
        """Systems with a column: every default, and two plain cut-offs."""
        return [bar_name(None), *PRODUCTS, *(f"cosine {bar:g}" for bar in SHOWN_BARS)]


def thinned(rows: list[Any], limit: int | None) -> list[Any]:
    """At most so many rows from all over a file, in their order, the same ones in every run."""
    if limit is None or limit >= len(rows):
        return rows
    return [rows[place] for place in sorted(random.Random(SEED).sample(range(len(rows)), limit))]


def side_of(told: str | list[dict[str, str]], with_context: bool) -> Side:
    """A text, or the last message with those before it as CONTEXT where the server takes such."""
    if isinstance(told, str):
        return Side(told)
    *earlier, last = told
    return Side(last["content"], ("CONTEXT", json.dumps(earlier)) if earlier and with_context else ())


def accepted(bench: Bench, rows: Sequence[dict[str, Any]], with_context: bool) -> dict[str, Any]:
    """Of every system: which rows' answers it serves."""
    pairs = [(side_of(row["a"], with_context), side_of(row["b"], with_context)) for row in rows]
    texts = [side.text for pair in pairs for side in pair]
    vectors = bench.door.vectors(texts)
    similarities = np.einsum("ij,ij->i", vectors[::2], vectors[1::2])
    plain = {name: similarities >= bar for name, bar in bench.cosines.items()}
    return bench.door.pairs(pairs, bench.bars) | plain


def shares(groups: Sequence[tuple[str, ...]], found: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Per group: rows and the share each system accepts."""
    places = defaultdict(list)
    for place, names in enumerate(groups):
        for name in names:
            places[name].append(place)
    return {
        group: {"rows": len(chosen)} | {name: round(float(flags[chosen].mean()), 4) for name, flags in found.items()}
        for group, chosen in sorted(places.items())
    }


def show_shares(bench: Bench, title: str, told: dict[str, dict[str, float]], beside: dict[str, Any] | None) -> None:
    """Accepted rows in per cent; `beside` holds the same groups of lines that rules may be tuned on."""
    head = ["", "rows", *bench.shown, *(["crowkis, even lines"] if beside else [])]
    rows = []
    for group, row in told.items():
        cells = [row["rows"], *(f"{100 * row[name]:.1f}" for name in bench.shown)]
        tuned = (beside or {}).get(group)
        rows.append([group, *cells, *([f"{100 * tuned['crowkis']:.1f}" if tuned else "-"] if beside else [])])
    print_table(f"{title}: accepted %", head, rows)
    whole = [group for group in told if ALL in group]
    systems = printed([name for name in next(iter(told.values()), {}) if name != "rows"])
    rows = [[name, *(f"{100 * told[group][name]:.1f}" for group in whole)] for name in systems]
    print_table(f"{title}, by bar: accepted %", ["", *whole], rows)


def printed(systems: Sequence[str]) -> list[str]:
    """Those with a line of their own: of plain cosine only the bars that ours was asked for too."""
    ours = [name for name in systems if name.startswith(bar_name(None))]
    chosen = {*ours, *PRODUCTS, *(name.replace("crowkis", "cosine") for name in ours)}
    return [name for name in systems if name in chosen]


def measure_axes(bench: Bench, path: Path) -> dict[str, Any]:
    """Traps that must not be served beside rewordings that should, per axis."""
    rows = thinned(rows_of(path), bench.limit)
    groups = [
        tuple(f"{what} {axis}" for axis in (row["axis"], f"{ALL} axes") for what in kinds_of(row)) for row in rows
    ]
    told = shares(groups, accepted(bench, rows, False))
    show_shares(bench, path.name, told, None)
    return told


def kinds_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Trap, or reworded: all of them, and the close and free ones apart."""
    return ("trap",) if row["label"] == 0 else ("reworded", f"reworded ({row['wording']})")


def measure_pairs(bench: Bench, path: Path) -> dict[str, Any]:
    """Labelled pairs per kind; loose truth (same intent) apart from strict."""
    with_context = bench.door.has("CGET", "CONTEXT") and bench.door.has("CSET", "CONTEXT")
    rows = thinned(list(enumerate(rows_of(path))), bench.limit)
    found = accepted(bench, [row for _, row in rows], with_context)
    told: dict[str, Any] = {"context_sent": with_context}
    for parity, name in enumerate(("even", "odd")):
        chosen = [place for place, (line, _) in enumerate(rows) if line % 2 == parity]
        groups = [groups_of(rows[place][1]) for place in chosen]
        told[name] = shares(groups, {system: flags[chosen] for system, flags in found.items()})
    if any(isinstance(row["a"], list) for _, row in rows):
        print(
            f"\n{path.name}: {'earlier messages as CONTEXT' if with_context else 'no CONTEXT here, last message only'}"
        )
    show_shares(bench, path.name, told["odd"], told["even"])
    return told


def groups_of(row: dict[str, Any]) -> tuple[str, ...]:
    """Where a row counts: under its kind, and under all strict or loose ones of its label."""
    label = "true" if row["label"] else "trap"
    truth = "strict" if row.get("strict", True) else "loose"
    return f"{label} {row.get('source', '')}/{row['kind']}", f"{label}, {ALL} {truth}"


def measure_stream(bench: Bench, path: Path) -> dict[str, Any]:
    """Questions in order, stored on a miss, at every bar; the baselines on the same vectors."""
    rows = [
        (row.get("query", row.get("question")), row.get("answer_id") or f"{row['template_id']} {row['answer']}")
        for row in rows_of(path)[: bench.limit]
    ]
    seconds = defaultdict(list)
    curves: dict[str, Played] = {}
    for bar in bench.bars:
        wanted = seconds if bar is None else defaultdict(list)
        curves[bar_name(bar)] = bench.door.play(rows, bar, lambda kind, s, kept=wanted: kept[kind].append(s))
    plain = play_cosine([answer for _, answer in rows], bench.door.vectors([text for text, _ in rows]), bench.cosines)
    told = {
        "oracle_hit_rate": round(1 - len({answer for _, answer in rows}) / max(1, len(rows)), 4),
        "systems": {
            name: {"all": played.facts(), "even": played.facts(0), "odd": played.facts(1)}
            for name, played in (curves | plain).items()
        },
        "times": {kind: times(taken) for kind, taken in sorted(seconds.items())},
        "most_hits": compared(curves, plain),
    }
    show_stream(path.name, told)
    if bench.plots is not None:
        plot_stream(bench.plots / f"{path.stem}.png", path.stem, curves, plain)
    return told


def compared(curves: dict[str, Played], plain: dict[str, Played]) -> dict[str, Any]:
    """The most hits on odd lines within a share of wrong answers, ours and those of a plain cut-off."""
    cosine = {name: played for name, played in plain.items() if name not in PRODUCTS}
    told = {}
    for wrong_max in WRONG_MAXES:
        (ours, our_hits), (theirs, their_hits) = (most_hits(curve, wrong_max, 1) for curve in (curves, cosine))
        told[f"{wrong_max:g}"] = {"crowkis": our_hits, "at": ours, "cosine": their_hits, "cosine_at": theirs}
    return told


def show_stream(title: str, told: dict[str, Any]) -> None:
    """One stream for people."""
    columns = (("odd", "hit_rate"), ("odd", "wrong_of_hits"), ("even", "hit_rate"), ("even", "wrong_of_hits"))
    rows = [
        [name, *(f"{100 * facts[lines][column]:.1f}" for lines, column in columns), facts["all"]["wrong"]]
        for name, facts in ((name, told["systems"][name]) for name in printed(list(told["systems"])))
    ]
    asked = told["systems"]["crowkis"]["all"]["asked"]
    head = ["", "odd: hits %", "wrong of hits %", "even: hits %", "wrong of hits %", "wrong, all"]
    print_table(f"{title}, {asked} questions, at best {100 * told['oracle_hit_rate']:.1f} % hits", head, rows)
    for wrong_max, best in told["most_hits"].items():
        ours, theirs = (
            f"{100 * best[name]:.1f} % ({best[at]})" for name, at in (("crowkis", "at"), ("cosine", "cosine_at"))
        )
        print(
            f"  most hits with wrong <= {100 * float(wrong_max):g} % of them (odd lines): {ours}, plain cosine {theirs}"
        )
    rows = [[kind, *taken.values()] for kind, taken in told["times"].items()]
    print_table("times of a CGET, one client, default bar", ["", "calls", "p50 ms", "p99 ms"], rows)


def plot_stream(path: Path, title: str, curves: dict[str, Played], plain: dict[str, Played]) -> None:
    """Ours swept by THRESHOLD against plain cosine, defaults as marks; odd lines."""
    from plots import draw

    def point(played: Played) -> tuple[float, float]:
        facts = played.facts(1)
        return facts["hit_rate"], 1 - facts["wrong_of_hits"]

    default = bar_name(None)
    cosine = [point(played) for name, played in plain.items() if name not in PRODUCTS]
    ours = [point(played) for name, played in curves.items() if name != default]
    marks = {f"{name}, default": point((curves | plain)[name]) for name in (default, *PRODUCTS)}
    draw(path, title, {"crowkis, by THRESHOLD": ours, "plain cosine": cosine}, marks)


def measure_volatile(bench: Bench, path: Path) -> dict[str, Any]:
    """What shelf life answers get that change fast, slowly or never: seen on the stored answer, and told by CINTENT."""
    scope = ("TENANT", "volatile")
    rows = rows_of(path)[: bench.limit]
    with_intent = bench.door.has("CINTENT")
    kinds: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in rows:
        bench.door.store([("CSET", row["query"], ANSWER, *scope)])
        found = bench.door.client.execute_command("CGET", row["query"], *scope)
        told = bench.door.client.execute_command("CINTENT", row["query"]) if with_intent else {}
        kinds[row["fact_type"]].append((life_of(found, told), intent_of(told)))
    bench.door.client.execute_command("CFLUSH", *scope)
    report: dict[str, Any] = {"cintent": with_intent, "kinds": {}}
    table = []
    for kind, lives in sorted(kinds.items()):
        short = sum(life <= DAY_S for life, _ in lives) / len(lives)
        middle = median(life for life, _ in lives)
        temporal = sum(intent == "temporal" for _, intent in lives) / len(lives)
        report["kinds"][kind] = {
            "rows": len(lives),
            "a_day_at_most": round(short, 4),
            "median_s": middle if np.isfinite(middle) else None,
            "temporal": round(temporal, 4) if with_intent else None,
        }
        shown = [f"{100 * short:.1f}", f"{middle:g}", f"{100 * temporal:.1f}" if with_intent else "-"]
        table.append([kind, len(lives), *shown])
    head = ["", "rows", "kept a day at most %", "median s", "temporal %"]
    print_table(f"{path.name}: shelf life of a stored answer", head, table)
    if not with_intent:
        print("  the server has no CINTENT: its intents are not looked at")
    return report


def life_of(found: dict[bytes, Any] | None, told: dict[bytes, Any]) -> float:
    """Seconds an answer has, by CGET or by CINTENT if that is less; one that is not even served has none."""
    if found is None:
        return 0.0
    lives = (found[b"ttl"], told.get(b"shelf_life_s") or -1)
    return min((float(life) for life in lives if life >= 0), default=float("inf"))


def intent_of(told: dict[bytes, Any]) -> str:
    """The class CINTENT names, whatever it calls the field."""
    named = told.get(b"intent", told.get(b"class", b""))
    return named.decode().lower() if isinstance(named, bytes) else str(named).lower()


MEASURES = {
    "axes": measure_axes,
    "pairs": measure_pairs,
    "conversations": measure_pairs,
    "streams": measure_stream,
    "unique": measure_stream,
    "math": measure_stream,
    "volatile": measure_volatile,
}


def bars_of(text: str) -> list[float]:
    """Numbers between commas."""
    return [float(part) for part in text.split(",") if part]


def files_of(part: str, directories: Sequence[Path]) -> list[Path]:
    """A part's files in the first directory that has any."""
    return next((found for where in directories if (found := sorted(where.glob(FILES[part])))), [])


def main() -> None:
    """Measure the parts asked for, print, write."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--data", type=Path, default=HERE, metavar="DIR", help="where the labelled rows are")
    parser.add_argument("--parts", default=",".join(FILES), help="which, between commas; all unless said")
    parser.add_argument("--limit", type=int, help="only about so many rows of each file")
    parser.add_argument("--bars", type=bars_of, default=bars_of("0.6,0.7,0.8,0.85,0.9,0.95,0.98"), help="THRESHOLDs")
    parser.add_argument("--cosine-bars", type=bars_of,
                        default=bars_of("0.7,0.75,0.8,0.825,0.85,0.875,0.9,0.92,0.94,0.95,0.96,0.97,0.98,0.99,1"),
                        help="cut-offs of plain cosine")  # fmt: skip
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw each stream here (needs matplotlib)")
    options = parser.parse_args()
    parts = options.parts.split(",")
    if unknown := set(parts) - FILES.keys():
        parser.error(f"there is no part called {', '.join(sorted(unknown))}")
    if options.plots:
        options.plots.mkdir(parents=True, exist_ok=True)
    report: dict[str, Any] = {"question": "hits and wrong answers", "machine": machine(), "parts": {}}
    with scratch() as directory, crowkis_server(directory, "--wal-sync", "no", "--embed-memo-bytes", MEMO) as server:
        door = Door(server)
        bench = Bench(
            door,
            [None, *options.bars],
            cosine_decisions(sorted({*options.cosine_bars, *SHOWN_BARS})),
            options.limit,
            options.plots,
        )
        for part in parts:
            paths = files_of(part, (options.data, HERE))
            if not paths:
                print(f"\n{part}: skipped, no {FILES[part]} in {options.data}")
            began = perf_counter()
            report["parts"][part] = {path.stem: MEASURES[part](bench, path) for path in paths}
            print(f"  ({part}: {perf_counter() - began:.0f} s)")
        report["stores_refused"] = door.refused
        if door.refused:
            print(f"\nthe server refused to store {door.refused} answers")
    write_json(options.json, report)


if __name__ == "__main__":
    main()

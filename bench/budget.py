"""Do reports on served answers let more be served within the same error budget, and is the budget kept?

    python bench/budget.py --data DIR [--streams banking77] [--rows 1500] [--budgets 0.02,0.05] [--rate 0.5]
                           [--noise 0.1]

The odd lines of DIR/stream_*.jsonl {query, answer_id} are asked of a real server in order with MAXERROR, each stored
on a miss. A share of the served answers is reported with CFEEDBACK, and a share of
these reports is mistaken. `fixed` never reports. Told, in per cent: hits of all asked; wrong of the hits by similarity
(the budget is about these), in the whole stream and in its second half; wrong of all hits; and the bar at the end.
"""

import json
from pathlib import Path
from random import Random
from typing import Any

import redis
from rig import HOST, bench_arguments, crowkis_server, print_table, scratch, write_json


def play(client: Any, tenant: str, rows: list[tuple[str, str]], budget: float, rate: float, noise: float) -> list[Any]:
    """Ask a stream's questions in order; one row of the table."""
    rng, whose = Random(1), ("TENANT", tenant)
    hits: list[tuple[int, bool, bool]] = []
    """Line, whether exact, whether wrong."""
    for line, (question, answer) in enumerate(rows):
        found = client.execute_command("CGET", question, "MAXERROR", budget, *whose)
        if found is None:
            client.execute_command("CSET", question, answer, *whose)
            continue
        wrong = found[b"response"].decode() != answer
        hits.append((line, found[b"hit_type"] == b"exact", wrong))
        if rng.random() < rate:
            mistaken = rng.random() < noise
            verdict = "BAD" if wrong != mistaken else "GOOD"
            client.execute_command("CFEEDBACK", found[b"key"], verdict, "QUERY", question, *whose)
    near = [(line, wrong) for line, exact, wrong in hits if not exact]
    late = [wrong for line, wrong in near if line >= len(rows) // 2]
    bar = client.execute_command("CBAR", "MAXERROR", budget, *whose)[b"bar"]
    late_hits = sum(line >= len(rows) // 2 for line, _ in near)
    return [
        share(len(hits), len(rows)),
        share(len(near), len(rows)),
        share(late_hits, len(rows) - len(rows) // 2),
        share(sum(wrong for _, wrong in near), len(near)),
        share(sum(late), len(late)),
        share(sum(wrong for _, _, wrong in hits), len(hits)),
        f"{bar:.4f}",
    ]


def share(part: int, whole: int) -> str:
    """In per cent."""
    return f"{100 * part / max(1, whole):.2f}"


def main() -> None:
    """Play every stream at every budget: without reports, with true ones, with some that are mistaken."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--streams", default="*", help="which stream_*.jsonl")
    parser.add_argument("--rows", type=int, default=1_500, help="of each stream, at most")
    parser.add_argument("--budgets", default="0.02,0.05")
    parser.add_argument("--rate", type=float, default=0.5, help="share of served answers that are reported")
    parser.add_argument("--noise", type=float, default=0.1, help="share of reports that are mistaken")
    options = parser.parse_args()
    kinds = {"fixed": (0.0, 0.0), "reports": (options.rate, 0.0), "noisy": (options.rate, options.noise)}
    head = ["stream", "budget", "how", "hits", "similar", "late", "wrong", "wrong late", "wrong of hits", "bar"]
    table: list[list[Any]] = []
    with scratch() as directory, crowkis_server(directory) as server:
        client: Any = redis.Redis(HOST, server.port, protocol=3, socket_timeout=120)
        for path in sorted(options.data.glob(f"stream_{options.streams}.jsonl")):
            lines = path.read_text("utf-8").splitlines()[1::2][: options.rows]
            rows = [(row["query"], row["answer_id"]) for row in map(json.loads, lines)]
            for budget in map(float, options.budgets.split(",")):
                for kind, (rate, noise) in kinds.items():
                    tenant = f"{path.stem}-{budget}-{kind}"
                    found = play(client, tenant, rows, budget, rate, noise)
                    table.append([path.stem, f"{100 * budget:g}", kind, *found])
    print_table("In per cent", head, table)
    write_json(options.json, {"rows": [dict(zip(head, row, strict=True)) for row in table]})


if __name__ == "__main__":
    main()

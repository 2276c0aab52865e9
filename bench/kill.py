"""Is every acknowledged write there after kill -9, and do paraphrases find it again?

    python bench/kill.py [--rounds 20] [--clients 8] [--wal-sync always] [--json FILE]

Clients store answers (CSET, its own embedder) and overwrite plain keys (SET) as fast as they are acknowledged; the
process is killed at a random moment and started again on the same directory. Then every acknowledged write of this
and all earlier rounds must read back: an answer exactly, a plain key as last acknowledged or as sent and cut off.
Killing a process does not take the page cache with it: what survives losing power is simulated in tests/storage.
"""

import random
import threading
from itertools import count
from time import sleep
from typing import Any

import redis
from rig import HOST, Running, bench_arguments, crowkis_server, machine, print_table, scratch, write_json

KEYS = 16
"""Plain keys each client overwrites in turn."""
SETS_PER_CSET = 4
SHOWN_MAX = 5
"""Losses described; all are counted."""
PARAPHRASES = 3
LOAD_S_MIN, LOAD_S_MAX = 0.2, 1.0
NOUNS = ("lamp", "river", "garden", "engine", "violin", "harbour", "window", "mountain", "kitchen", "bridge", "planet",
         "forest", "camera", "desert", "anchor", "basket", "candle", "drawer", "feather", "glacier")  # fmt: skip


class Writer(threading.Thread):
    """One client: writes until the server is gone, and remembers what was acknowledged."""

    def __init__(self, number: int, round_number: int, port: int) -> None:
        super().__init__(daemon=True)
        self.name_of_round = f"{round_number}-{number}"
        self.number = number
        self.port = port
        self.answers: dict[str, bytes] = {}
        self.plain: dict[str, bytes] = {}
        self.cut_off: dict[str, bytes] = {}
        """Sent, but the reply never came: may be there or not."""
        self.acknowledged = 0

    def run(self) -> None:
        """Write until the connection breaks."""
        client: Any = redis.Redis(HOST, self.port)
        try:
            for step in count():
                value = f"{self.name_of_round}/{step}".encode()
                if step % (SETS_PER_CSET + 1) == 0:
                    question = _question(self.name_of_round, step)
                    client.execute_command("CSET", question, value)
                    self.answers[question] = value
                else:
                    key = f"plain:{self.number}:{step % KEYS}"
                    self.cut_off = {key: value}
                    client.set(key, value)
                    self.plain[key] = value
                    self.cut_off = {}
                self.acknowledged += 1
        except (redis.ConnectionError, redis.TimeoutError):
            return


def _question(round_name: str, step: int) -> str:
    """A question nobody has asked before, in words alone."""
    words = random.Random(f"{round_name}/{step}").sample(NOUNS, 4)
    return f"Why is the {words[0]} of {_letters(round_name)} {_letters(str(step))} near the {words[1]} and {words[2]}?"


def _letters(text: str) -> str:
    return "".join("abcdefghij"[int(sign)] if sign.isdigit() else sign for sign in text).replace("-", "q")


def losses(port: int, answers: dict[str, bytes], plain: dict[str, bytes], cut_off: dict[str, bytes]) -> list[str]:
    """What was acknowledged and is not there. A write cut off that did arrive counts as acknowledged from now on."""
    lost = []
    client: Any = redis.Redis(HOST, port, protocol=2)
    for question, value in answers.items():
        found = client.execute_command("CGET", question, "THRESHOLD", "1.0")
        if found != value:
            lost.append(f"{question!r} should be {value!r} and is {found!r}")
    for key, value in plain.items():
        found = client.get(key)
        if found == cut_off.get(key):
            plain[key] = cut_off[key]
        elif found != value:
            lost.append(f"{key} should be {value!r} and is {found!r}")
    client.close()
    return lost


def paraphrases_found(port: int, writers: list[Writer]) -> tuple[int, int]:
    """How many of a few new questions were served the answer of the stored one they reword, and how many were asked."""
    client: Any = redis.Redis(HOST, port, protocol=3)
    found = asked = 0
    for writer in writers:
        for question, value in list(writer.answers.items())[:PARAPHRASES]:
            reworded = question.replace("Why is", "Tell me why").replace("near", "is near")
            reply = client.execute_command("CGET", reworded, "THRESHOLD", "0.7")
            asked += 1
            found += reply is not None and reply[b"response"] == value and reply[b"hit_type"] == b"vector"
    client.close()
    return found, asked


def one_round(server: Running, number: int, clients: int, rng: random.Random) -> list[Writer]:
    """Load, then kill."""
    writers = [Writer(client, number, server.port) for client in range(clients)]
    for writer in writers:
        writer.start()
    sleep(rng.uniform(LOAD_S_MIN, LOAD_S_MAX))
    server.process.kill()
    server.process.wait()
    for writer in writers:
        writer.join()
    return writers


def main() -> None:
    """Kill, restart, check, so many times; ends with 1 when anything was lost."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--wal-sync", default="always", choices=("always", "everysec", "no"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    answers: dict[str, bytes] = {}
    plain: dict[str, bytes] = {}
    writers: list[Writer] = []
    lost: list[str] = []
    acknowledged = served = asked = 0
    with scratch() as directory:
        for number in range(options.rounds + 1):
            with crowkis_server(directory, "--wal-sync", options.wal_sync) as server:
                cut_off = {key: value for writer in writers for key, value in writer.cut_off.items()}
                found = losses(server.port, answers, plain, cut_off)
                lost += [f"after kill {number}: {loss}" for loss in found]
                more = paraphrases_found(server.port, writers)
                served, asked = served + more[0], asked + more[1]
                if number == options.rounds:
                    break
                writers = one_round(server, number, options.clients, rng)
            for writer in writers:
                answers |= writer.answers
                plain |= writer.plain
                acknowledged += writer.acknowledged
    report: dict[str, Any]
    report = {"question": "acknowledged writes lost by kill -9", "machine": machine(), "wal_sync": options.wal_sync,
              "rounds": options.rounds, "clients": options.clients, "acknowledged": acknowledged,
              "answers_checked": len(answers), "plain_keys_checked": len(plain), "lost": len(lost),
              "losses": lost[:SHOWN_MAX], "paraphrases_asked": asked, "paraphrases_served": served}  # fmt: skip
    rows = [[name, value] for name, value in report.items() if not isinstance(value, dict | list)]
    print_table(report["question"], ["", "measured"], rows[1:])
    for loss in report["losses"]:
        print(loss)
    write_json(options.json, report)
    raise SystemExit(1 if lost else 0)


if __name__ == "__main__":
    main()

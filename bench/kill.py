"""Is everything acknowledged there after kill -9, does nothing deleted return, and is the directory clean each time?

    python bench/kill.py [--rounds 100] [--clients 8] [--crowd 5000] [--wal-sync always] [--json FILE]

Each client has a tenant and a database of its own and does, one call after the other, what a random mix asks for:
answers stored, replaced, stored with a short life, deleted, a whole tenant flushed; plain keys set, expired, counted,
deleted, a database flushed; some values are large, so that flushes and folds run all the time. Every second round
writes backups, every third has so little memory that answers are evicted, and the first tenant is crowded enough for
index snapshots. The process is killed at a random moment. Then `crowkis check` must say clean, and after the restart
everything must be as the client last heard: with the call that was cut off, or without it, and with nothing missing
but what the ledger says was evicted. Killing a process does not take the page cache with it: losing power is
simulated in tests/storage and tests/engine.
"""

import random
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import blake2b
from itertools import count
from pathlib import Path
from time import sleep, time
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rig import HOST, Running, bench_arguments, crowkis_server, machine, print_table, scratch, write_json

KEYS = 16
"""Plain keys each client works on."""
QUESTIONS = 60
"""Questions of a client that are stored, replaced and deleted again and again; new ones come beside them."""
LARGE_BYTES = 256_000
ANSWER_BYTES_MAX = 1_000
SHOWN_MAX = 5
"""Faults described; all are counted."""
PARAPHRASES = 3
LOAD_S_MIN, LOAD_S_MAX = 0.2, 1.5
ROOM_BYTES, TIGHT_BYTES = 64 << 20, 20 << 20
"""What the memory limit leaves beside the empty server, in most rounds and in tight ones; the memtable has 4 MiB."""
COUNTED = ("evicted_total", "expired_total", "index_snapshots_total", "storage_jobs_total_")
"""Of INFO just before the kill, summed over the rounds."""
VECTOR_DIMENSION = 16
PIPELINE_CALLS = 200
NOUNS = ("lamp", "river", "garden", "engine", "violin", "harbour", "window", "mountain", "kitchen", "bridge", "planet",
         "forest", "camera", "desert", "anchor", "basket", "candle", "drawer", "feather", "glacier")  # fmt: skip


class Held(NamedTuple):
    """What is stored under a question or key, as far as the client knows."""

    value: bytes
    ends_from: float
    """Its time is not up before this (Unix seconds) ..."""
    ends_by: float
    """... and is up after this; infinity: never."""
    sent_at: float = 0.0
    """When it was sent to be stored: what the ledger tells of an earlier one is no excuse."""


NEVER = float("inf")


class Known:
    """What one client was told; two dicts, and the naive meaning of each word."""

    def __init__(self) -> None:
        self.answers: dict[str, Held] = {}
        self.keys: dict[str, Held] = {}

    def copy(self) -> "Known":
        """The same, to be changed apart."""
        made = Known()
        made.answers, made.keys = dict(self.answers), dict(self.keys)
        return made


class Call(NamedTuple):
    """A request, and what it does to what is known once it is acknowledged between two moments."""

    words: tuple[str | bytes | int, ...]
    apply: Callable[[Known, float, float], None]


class Writer(threading.Thread):
    """One client: calls until the server is gone, and remembers what was acknowledged."""

    def __init__(self, number: int, round_number: int, port: int, known: Known, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.known, self.rng = number, port, known, rng
        self.tenant = tenant_of(number)
        self.name_of_round = f"{round_number}-{number}"
        self.cut_off: Call | None = None
        """Sent, but the reply never came: done or not."""
        self.sent_at = 0.0
        self.acknowledged = self.refused = 0
        self.reworded: dict[str, bytes] = {}
        """Answers whose vector the server's embedder made in this round."""
        self.step = 0
        self.failure = ""
        """A reply that no round should bring."""

    def run(self) -> None:
        """Call until the connection breaks."""
        client = connected(self.port, db=self.number)
        with suppress(redis.ConnectionError, redis.TimeoutError):
            for self.step in count():
                self.call(client, self.chosen())

    def call(self, client: Any, call: Call) -> None:
        """Send one call and take note of its reply."""
        self.cut_off, self.sent_at = call, time()
        try:
            client.execute_command(*call.words)
        except redis.ResponseError as error:  # BUSY and OOM change nothing
            self.refused += 1
            if not str(error).startswith(("BUSY", "OOM")):
                self.failure = f"{call.words[0]!r} is told {error}"
        else:
            call.apply(self.known, self.sent_at, time())
            self.acknowledged += 1
        self.cut_off = None

    def chosen(self) -> Call:
        """The next call."""
        makers = (self.new_answer, self.stored_answer, self.removed_answer, self.small_key, self.large_key,
                  self.expiring_key, self.counted_key, self.removed_key, self.flushed)  # fmt: skip
        return self.rng.choices(makers, (5, 6, 3, 4, 2, 3, 2, 2, 0.05))[0]()

    def value(self, bytes_max: int) -> bytes:
        """A value nobody has stored before."""
        return f"{self.tenant}/{self.name_of_round}/{self.step}".encode().ljust(self.rng.randint(1, bytes_max), b".")

    def new_answer(self) -> Call:
        """An answer to a question nobody has asked before; one in four embedded by the server."""
        question = new_question(self.name_of_round, self.step)
        return self.stored(question, embedded=self.rng.random() < 0.25)

    def stored_answer(self) -> Call:
        """An answer to one of the usual questions, replacing an older one; some live shortly."""
        return self.stored(self.usual_question(), life_s=self.rng.choice((None, None, None, 0.4, 5.0, 900.0)))

    def stored(self, question: str, *, embedded: bool = False, life_s: float | None = None) -> Call:
        """CSET."""
        value = self.value(ANSWER_BYTES_MAX)
        words: list[str | bytes | int] = ["CSET", question, value, "TENANT", self.tenant]
        words += [] if embedded else ["VECTOR", vector_of(question)]
        words += [] if life_s is None else ["PX", int(life_s * 1000)]

        def apply(known: Known, sent: float, heard: float) -> None:
            known.answers[question] = held(value, life_s, sent, heard)
            if embedded:
                self.reworded[question] = value

        return Call(tuple(words), apply)

    def removed_answer(self) -> Call:
        """CDELETEENTRY."""
        question = self.usual_question()
        words = ("CDELETEENTRY", question, "TENANT", self.tenant)
        return Call(words, lambda known, sent, heard: discard(known.answers, question))

    def flushed(self) -> Call:
        """CFLUSH of the tenant, or FLUSHDB; the crowded tenant stays crowded."""
        if self.number and self.rng.random() < 0.6:
            return Call(("CFLUSH", "TENANT", self.tenant), lambda known, sent, heard: known.answers.clear())
        return Call(("FLUSHDB",), lambda known, sent, heard: known.keys.clear())

    def small_key(self) -> Call:
        """SET."""
        return self.set_key(self.value(100))

    def large_key(self) -> Call:
        """SET of many bytes."""
        return self.set_key(self.value(LARGE_BYTES))

    def expiring_key(self) -> Call:
        """SET with a life, or PEXPIRE of a key that is there."""
        life_s = self.rng.choice((0.3, 2.0, 900.0))
        key = self.usual_key()
        old = self.known.keys.get(key)
        if old is None or old.ends_from < time() + 0.2 or self.rng.random() < 0.5:
            return self.set_key(self.value(100), life_s)

        def apply(known: Known, sent: float, heard: float) -> None:
            known.keys[key] = held(known.keys[key].value, life_s, sent, heard)

        return Call(("PEXPIRE", key, int(life_s * 1000)), apply)

    def set_key(self, value: bytes, life_s: float | None = None) -> Call:
        """SET, with PX where it has a life."""
        key = self.usual_key()
        words = ("SET", key, value) if life_s is None else ("SET", key, value, "PX", int(life_s * 1000))

        def apply(known: Known, sent: float, heard: float) -> None:
            known.keys[key] = held(value, life_s, sent, heard)

        return Call(words, apply)

    def counted_key(self) -> Call:
        """INCR."""
        key = f"count:{self.rng.randrange(3)}"

        def apply(known: Known, sent: float, heard: float) -> None:
            old = known.keys.get(key)
            known.keys[key] = Held(b"%d" % (int(old.value) + 1 if old else 1), NEVER, NEVER)

        return Call(("INCR", key), apply)

    def removed_key(self) -> Call:
        """DEL."""
        key = self.usual_key()
        return Call(("DEL", key), lambda known, sent, heard: discard(known.keys, key))

    def usual_question(self) -> str:
        """One of the questions that come again."""
        return new_question(self.tenant, self.rng.randrange(QUESTIONS))

    def usual_key(self) -> str:
        """One of the keys that come again."""
        return f"plain:{self.rng.randrange(KEYS)}"


def tenant_of(number: int) -> str:
    """The tenant of a client."""
    return f"t{number}"


def held(value: bytes, life_s: float | None, sent: float, heard: float) -> Held:
    """A value stored between two moments, with a millisecond for rounding."""
    if life_s is None:
        return Held(value, NEVER, NEVER, sent)
    return Held(value, sent + life_s - 0.002, heard + life_s + 0.002, sent)


def discard(things: dict[str, Held], name: str) -> None:
    """Forget one, if it is there."""
    things.pop(name, None)


def new_question(name: str, step: int) -> str:
    """A question of this name and step alone, in words alone."""
    words = random.Random(f"{name}/{step}").sample(NOUNS, 4)
    return f"Why is the {words[0]} of {_letters(name)} {_letters(str(step))} near the {words[1]} and {words[2]}?"


def _letters(text: str) -> str:
    return "".join("abcdefghij"[int(sign)] if sign.isdigit() else sign for sign in text).replace("-", "q")


def vector_of(question: str) -> bytes:
    """A vector of the client's own, in bytes: no embedder is needed and none is kept busy."""
    raw = blake2b(question.encode(), digest_size=2 * VECTOR_DIMENSION).digest()
    numbers = [int.from_bytes(raw[at : at + 2], "little") / 65_536 - 0.5 for at in range(0, len(raw), 2)]
    return struct.pack(f"<{VECTOR_DIMENSION}f", *numbers)


def connected(port: int, db: int = 0, protocol: int = 2) -> Any:
    """A client that never sends anything twice."""
    return redis.Redis(HOST, port, db=db, protocol=protocol, retry=Retry(NoBackoff(), 0))


class Seen(NamedTuple):
    """What a client's tenant and database hold, and when they were read."""

    answers: dict[str, bytes | None]
    keys: dict[str, bytes | None]
    read_from: float
    read_by: float


def seen(port: int, number: int, questions: set[str]) -> Seen:
    """Everything listed for a client, and what `questions` are answered."""
    client, began = connected(port, number), time()
    listed, cursor = set(), "0"
    while True:
        cursor, rows = client.execute_command("CSCAN", cursor, "COUNT", 1000, "TENANT", tenant_of(number), "DETAILS")
        for row in rows:
            fields = row if isinstance(row, dict) else dict(zip(row[::2], row[1::2], strict=True))
            listed.add(fields[b"query"].decode())
        if int(cursor) == 0:
            break
    asked = sorted(listed | questions)
    calls = [("CGET", text, "TENANT", tenant_of(number), "THRESHOLD", 1, "VECTOR", vector_of(text)) for text in asked]
    answers = dict(zip(asked, told(client, calls), strict=True))
    keys = [key.decode() for key in client.execute_command("KEYS", "*")]
    values = dict(zip(keys, told(client, [("GET", key) for key in keys]), strict=True))
    client.close()
    return Seen(answers, {key: value for key, value in values.items() if value is not None}, began, time())


def told(client: Any, calls: list[tuple[Any, ...]]) -> Iterator[Any]:
    """The replies to many calls."""
    for start in range(0, len(calls), PIPELINE_CALLS):
        pipeline = client.pipeline(transaction=False)
        for call in calls[start : start + PIPELINE_CALLS]:
            pipeline.execute_command(*call)
        yield from pipeline.execute()


def faults(known: Known, there: Seen, evicted: dict[str, float]) -> list[str]:
    """In what the server holds something else than the client knows."""
    found = []
    for kind, expected, actual in (("answer", known.answers, there.answers), ("key", known.keys, there.keys)):
        for name in expected.keys() | actual.keys():
            one, value = expected.get(name), actual.get(name)
            if value is None:
                missed = one is not None and one.ends_from > there.read_by
                excused = one is not None and kind == "answer" and evicted.get(name, -1.0) >= one.sent_at - 0.002
                if missed and not excused:
                    found.append(f"lost: {kind} {name!r}")
            elif one is None or one.ends_by < there.read_from:
                found.append(f"returned: {kind} {name!r} is {value[:40]!r}")
            elif one.value != value:
                found.append(f"wrong: {kind} {name!r} should be {one.value[:40]!r} and is {value[:40]!r}")
    return found


def verify(port: int, number: int, known: Known, cut_off: tuple[Call, float] | None) -> tuple[Known, list[str], int]:
    """What is known from now on, what is wrong with it, and how many answers the ledger says were evicted."""
    states = [known]
    if cut_off is not None:
        call, sent_at = cut_off
        states.append(known.copy())
        call.apply(states[1], sent_at, sent_at + LOAD_S_MAX)
    there = seen(port, number, set().union(*(state.answers for state in states)))
    missing = sorted(name for name, value in there.answers.items() if value is None)
    client = connected(port, protocol=3)
    whys = told(client, [("CWHYEVICT", name, "TENANT", tenant_of(number)) for name in missing])
    evicted = {
        name: why[b"at_ms"] / 1000
        for name, why in zip(missing, whys, strict=True)
        if why is not None and why.get(b"reason") == b"kept.evicted"
    }
    client.close()
    wrong = [faults(state, there, evicted) for state in states]
    best = min(range(len(states)), key=lambda place: len(wrong[place]))
    kept = states[best]
    gone = [name for name in missing if name in kept.answers]
    kept.answers = {name: one for name, one in kept.answers.items() if there.answers[name] is not None}
    kept.keys = {name: one for name, one in kept.keys.items() if name in there.keys}
    return kept, wrong[best], len(evicted.keys() & set(gone))


def paraphrases_found(port: int, writers: list[Writer]) -> Counter[str]:
    """Of a few new questions: how many were served the answer of the stored one they reword, another one, or none."""
    client = connected(port, protocol=3)
    found = Counter[str]()
    for writer in writers:
        there = [(text, value) for text, value in writer.reworded.items() if text in writer.known.answers]
        for question, value in there[:PARAPHRASES]:
            reworded = question.replace("Why is", "Tell me why").replace("near", "is near")
            reply = client.execute_command("CGET", reworded, "THRESHOLD", "0.7", "TENANT", writer.tenant)
            if reply is None and client.execute_command("CGET", question, "TENANT", writer.tenant) is None:
                continue  # evicted since it was looked for
            found["paraphrases asked"] += 1
            kind = "not served" if reply is None else "served" if reply[b"response"] == value else "served another"
            found[f"paraphrases {kind}"] += 1
    client.close()
    return found


def crowd(port: int, known: Known, size: int) -> None:
    """Fill the first tenant up, so that its index is worth a snapshot."""
    client = connected(port)
    questions = [text for text in (new_question("crowd", at) for at in range(size)) if text not in known.answers]
    calls = [("CSET", text, b"crowd", "TENANT", tenant_of(0), "VECTOR", vector_of(text)) for text in questions]
    sent = time()
    for _ in told(client, calls):
        pass
    known.answers.update((text, held(b"crowd", None, sent, sent)) for text in questions)
    client.close()


def one_round(server: Running, number: int, knowns: list[Known], rng: random.Random, tally: Counter[str]
              ) -> list[Writer]:  # fmt: skip
    """Load, then kill."""
    seeds = [random.Random(rng.random()) for _ in knowns]
    writers = [Writer(client, number, server.port, known, seeds[client]) for client, known in enumerate(knowns)]
    for writer in writers:
        writer.start()
    client = connected(server.port)
    left_s = rng.uniform(LOAD_S_MIN, LOAD_S_MAX)
    if number % 2:
        waited_s = rng.uniform(0, left_s)
        sleep(waited_s)
        left_s = min(left_s - waited_s, rng.uniform(0, 0.15))
        client.execute_command("CBGSAVE", f"round{number}.crowkbak")
    sleep(left_s)
    for name, value in client.execute_command("INFO").items():
        if name.startswith(COUNTED):
            tally[name] += int(value)
    tally["killed amid an index snapshot"] += any(children(server.process.pid))
    server.process.kill()
    server.process.wait()
    client.close()
    for writer in writers:
        writer.join()
        tally["acknowledged"] += writer.acknowledged
        tally["refused"] += writer.refused
    return writers


def children(pid: int) -> Iterator[int]:
    """Processes a process has started and that still run: here the one that writes index snapshots. Linux alone."""
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, path.read_text().split())


def checked(directory: Path, number: int, tally: Counter[str]) -> list[str]:
    """What `crowkis check` objects to; counts what it saw the kill leave behind."""
    data = directory / "data"
    command = [sys.executable, "-m", "crowkis", "check", "--data-dir", str(data)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory)
    leavings = {
        "killed amid a flush or fold": "left over from a crash" in ran.stdout,
        "killed amid an append": "unfinished write" in ran.stdout,
        "killed amid a backup": any((data / "backups").glob(f"round{number}.crowkbak.*")),
    }
    tally.update(name for name, there in leavings.items() if there)
    return [] if ran.returncode == 0 else [f"check: {line}" for line in (ran.stdout + ran.stderr).splitlines()]


def main() -> None:
    """Kill, check, restart, compare, so many times; ends with 1 when anything was wrong."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8, choices=range(1, 17), metavar="1..16")
    parser.add_argument("--crowd", type=int, default=5_000)
    parser.add_argument("--wal-sync", default="always", choices=("always", "everysec", "no"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng, tally = random.Random(options.seed), Counter[str]()
    knowns = [Known() for _ in range(options.clients)]
    writers: list[Writer] = []
    wrong: list[str] = []
    process_bytes = 0
    with scratch() as directory:
        for number in range(options.rounds + 1):
            room_bytes = TIGHT_BYTES if number % 3 == 2 else ROOM_BYTES
            flags = ["--memory-limit", str(process_bytes + room_bytes)] if process_bytes else []
            with crowkis_server(directory, "--wal-sync", options.wal_sync, *flags) as server:
                found = []
                for client in range(options.clients):
                    cut = writers[client].cut_off if writers else None
                    cut_off = None if cut is None else (cut, writers[client].sent_at)
                    knowns[client], more, evicted = verify(server.port, client, knowns[client], cut_off)
                    found += more
                    tally["evicted, says the ledger"] += evicted
                    tally["answers checked"] += len(knowns[client].answers)
                    tally["plain keys checked"] += len(knowns[client].keys)
                for writer, known in zip(writers, knowns, strict=False):
                    writer.known = known
                tally.update(paraphrases_found(server.port, writers))
                wrong += [f"after kill {number}: {fault}" for fault in found]
                if number == options.rounds:
                    break
                if not process_bytes:
                    process_bytes = int(connected(server.port).execute_command("INFO", "memory")["part_process"])
                if room_bytes == ROOM_BYTES:
                    crowd(server.port, knowns[0], options.crowd)
                writers = one_round(server, number, knowns, rng, tally)
            unclean = checked(directory, number, tally)
            tally["directories not clean"] += bool(unclean)
            wrong += [f"after kill {number + 1}: {line}" for line in unclean]
            wrong += [f"in round {number}: wrong: {writer.failure}" for writer in writers if writer.failure]
    report: dict[str, Any]
    report = {"question": "what kill -9 does to acknowledged writes", "machine": machine(),
              "wal_sync": options.wal_sync, "rounds": options.rounds, "clients": options.clients,
              "crowd": options.crowd, "counts": dict(sorted(tally.items())),
              "lost": sum(": lost:" in fault for fault in wrong),
              "returned": sum(": returned:" in fault for fault in wrong),
              "wrong": sum(": wrong:" in fault for fault in wrong), "faults": wrong[:SHOWN_MAX]}  # fmt: skip
    rows = [[name, value] for name, value in report.items() if not isinstance(value, dict | list)]
    print_table(report["question"], ["", "measured"], [*rows[1:], *map(list, report["counts"].items())])
    for fault in report["faults"]:
        print(fault)
    write_json(options.json, report)
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()

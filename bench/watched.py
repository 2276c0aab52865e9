"""A Crowkis server that times its own stretches: what ran on the loop from one wait to the next. For stretches.py.

    python bench/watched.py server ...        (as `crowkis server`; REPORT names the file that SIGUSR1 makes it write)

A stretch is one step of the actor's task, or one call of the loop into a door, a timer or a finished errand. Each
knows which steps it was made of (time of the inner step is not counted to the outer), how much of it the thread was
running, and how much it stood ready while all cores were taken (Linux alone tells; that is the machine's load, not the
server's doing). The rest it waited for the interpreter, which a thread beside it had, or for the disk. Timing costs
about a microsecond a step. Each report forgets what it has told.
"""

import asyncio
import gc
import json
import os
import signal
import subprocess
import threading
from array import array
from collections import defaultdict
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

from crowkis import __main__, app
from crowkis.doors.resp import Connection
from crowkis.embed.pool import EmbedPool
from crowkis.engine.actor import Actor
from crowkis.engine.evict import Evictor
from crowkis.engine.state import Space, State
from crowkis.engine.upkeep import Upkeep
from crowkis.snapshots import Snapshots
from crowkis.storage.store import Store

LONG_NS = 5_000_000
LONGEST_KEPT = 5


class Watch:
    """Collects stretches of one thread."""

    def __init__(self):
        self.bind()
        self.stack = []
        """Nanoseconds of inner steps, one number for each step that is open."""
        self.parts = {}
        self.forget()

    def bind(self):
        """It is this thread that is watched."""
        self.thread = threading.get_ident()
        try:
            self.schedule = os.open(f"/proc/self/task/{threading.get_native_id()}/schedstat", os.O_RDONLY)
        except OSError:
            self.schedule = -1

    def delayed_ns(self):
        """How long this thread has stood ready without a core, in all."""
        return int(os.pread(self.schedule, 99, 0).split()[1]) if self.schedule >= 0 else 0

    def forget(self):
        """Begin anew."""
        self.walls, self.helds = (defaultdict(lambda: array("q")) for _ in range(2))
        self.longest = []

    def begin(self):
        """A step begins; what end() needs."""
        self.stack.append(0)
        if len(self.stack) > 1:
            return perf_counter_ns(), 0, 0
        return perf_counter_ns(), thread_time_ns(), self.delayed_ns()

    def end(self, name, began):
        """It is over; the outermost one is a stretch."""
        wall, inner = perf_counter_ns() - began[0], self.stack.pop()
        self.parts[name] = self.parts.get(name, 0) + wall - inner
        if self.stack:
            self.stack[-1] += wall
            return
        ran, delayed = thread_time_ns() - began[1], self.delayed_ns() - began[2]
        parts, self.parts = self.parts, {}
        held = max(0, wall - delayed)
        self.walls[name].append(wall)
        self.helds[name].append(held)
        if len(self.longest) < LONGEST_KEPT or held > self.longest[-1]["held_ns"]:
            self.longest.append({"held_ns": held, "ns": wall, "ran_ns": ran, "stretch": name, "parts": parts})
            self.longest.sort(key=lambda one: -one["held_ns"])
            del self.longest[LONGEST_KEPT:]

    def collected(self, phase, facts):
        """The garbage collector was here; in whichever thread, it holds them all."""
        if phase == "start":
            self.collecting = perf_counter_ns()
            return
        name, wall = f"collector, generation {facts['generation']}", perf_counter_ns() - self.collecting
        self.walls[name].append(wall)
        if self.stack and threading.get_ident() == self.thread:
            self.parts[name] = self.parts.get(name, 0) + wall
            self.stack[-1] += wall

    def report(self):
        """What was seen since the last report."""
        steps = {}
        for name, walls in self.walls.items():
            ordered, held = sorted(walls), sorted(self.helds[name] or walls)
            steps[name] = {
                "count": len(ordered),
                "p50_ms": ordered[len(ordered) // 2] / 1e6,
                "p99_ms": ordered[int(0.99 * len(ordered))] / 1e6,
                "longest_ms": ordered[-1] / 1e6,
                "held_p99_ms": held[int(0.99 * len(held))] / 1e6,
                "held_longest_ms": held[-1] / 1e6,
                "held_beyond_5_ms": sum(one > LONG_NS for one in held),
            }
        found = {"steps": steps, "longest": self.longest}
        self.forget()
        return found


class Stepped:
    """Drives a coroutine and times each of its steps."""

    def __init__(self, watch, name, coroutine):
        self.watch, self.name, self.coroutine = watch, name, coroutine

    def __await__(self):
        sent = None
        while True:
            began = self.watch.begin()
            try:
                waited_for = self.coroutine.send(sent)
            except StopIteration as ended:
                return ended.value
            finally:
                self.watch.end(self.name, began)
            if waited_for is not None and getattr(waited_for, "_asyncio_future_blocking", False):
                waited_for._asyncio_future_blocking = True
            sent = yield waited_for


def timed(watch, kind, method, name):
    """Put a clock around a method; calls from other threads are not looked at."""
    plain = getattr(kind, method)

    def around(*arguments, **named):
        if threading.get_ident() != watch.thread:
            return plain(*arguments, **named)
        began = watch.begin()
        try:
            return plain(*arguments, **named)
        finally:
            watch.end(name, began)

    setattr(kind, method, around)


STEPS = (
    (Actor, "_run_batch", "calls of the batch"),
    (Actor, "_send", "sending"),
    (Upkeep, "run", "expiry and eviction"),
    (Evictor, "victims", "choosing victims"),
    (State, "apply", "applying a change"),
    (Space, "put", "adding to an index"),
    (Space, "drop", "removing from an index"),
    (Store, "append", "appending to the log"),
    (Store, "begin_fold", "beginning a fold"),
    (Store, "finish", "finishing a flush or fold"),
    (Connection, "data_received", "reading a client"),
    (EmbedPool, "_drain", "taking in vectors"),
    (Snapshots, "tick", "index snapshots"),
    (app.App, "_tick", "the timer"),
    (Upkeep, "_worked", "after a flush or fold"),
)


def main():
    """Be a server."""
    watch, path = Watch(), Path(os.environ["REPORT"])
    for step in STEPS:
        timed(watch, *step)
    gc.callbacks.append(watch.collected)
    run = Actor.run

    def tell():
        text = json.dumps(watch.report())
        path.with_suffix(".part").write_text(text, "utf-8")
        path.with_suffix(".part").rename(path)

    async def stepped(actor):
        watch.bind()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
        await Stepped(watch, "the actor", run(actor))

    begin_process = subprocess.Popen.__init__

    def timed_process(process, *arguments, **named):
        began = perf_counter_ns()
        begin_process(process, *arguments, **named)
        watch.walls["(beginning a process)"].append(perf_counter_ns() - began)

    subprocess.Popen.__init__ = timed_process
    sync = app.App.sync

    async def timed_sync(server):
        began = perf_counter_ns()
        await sync(server)
        watch.walls["(waiting for a sync)"].append(perf_counter_ns() - began)

    Actor.run, app.App.sync = stepped, timed_sync
    __main__.main()


if __name__ == "__main__":
    main()

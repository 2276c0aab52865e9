"""The one place that builds real things and joins them: boot in order, run, drain in order.

Boot: probes, RESP door (answers LOADING), embedder, data directory, ready. Stop: no new clients or requests, finish
what was accepted, sync, close. Knows every room; no room knows it.
"""

import asyncio
import gc
import os
import resource
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random  # noqa: TID251 - the one place that makes randomness, to pass it in
from typing import Any

import uvloop

from crowkis import __version__
from crowkis.commands import ALL_WORDS
from crowkis.doors.http import HttpDoor
from crowkis.doors.keyring import Keyring
from crowkis.doors.probes import Probes
from crowkis.doors.resp import RespDoor
from crowkis.doorway import Doorway
from crowkis.embed.choice import new_embedder
from crowkis.embed.memo import Memo
from crowkis.embed.pool import EmbedPool
from crowkis.engine.actor import Actor
from crowkis.engine.codec import PLAIN
from crowkis.engine.engine import EmbedderFacts, Engine
from crowkis.engine.feedback import bars, distrusted
from crowkis.engine.gate import Progress
from crowkis.engine.memory import default_limit_bytes, resident_bytes
from crowkis.engine.state import State
from crowkis.index.adaptive import new_index
from crowkis.interfaces import Embedder
from crowkis.metrics import Metrics
from crowkis.settings import SettingError, Settings
from crowkis.snapshots import INDEX_DIRECTORY, Snapshots
from crowkis.storage import archive
from crowkis.storage.cache import CACHE_BYTES_MAX
from crowkis.storage.disk import Directory
from crowkis.storage.errors import DiskError, StorageError
from crowkis.storage.jobs import Job
from crowkis.storage.scrub import ScrubJob
from crowkis.storage.snapshot import Snapshot
from crowkis.storage.store import MEMTABLE_BYTES_MAX, Store
from crowkis.values.limits import MIB

TICK_S = 0.1
SWITCH_S = 0.0002
"""How long a thread beside the loop's may run on while that one wants to; Python's own is 5 ms.

The loop's thread lets go of the interpreter in each insertion into a graph and each write: with a fold beside it, it
waits this long to get it back every time.
"""
COLLECT_EVERY = (400, 3, 1_000_000_000)
"""Allocations between looks for cyclic garbage among new things, looks between those at the not so new, and, of these,
between looks at everything: never. That takes 2 us an entry and holds every thread (decision 0020)."""
DISK_THREADS = 4
"""One syncs, one flushes, one folds, one writes a backup."""
FILES_MAX = 65_536
"""Open files, where the system sets no limit."""
BACKUP_DIRECTORY = "backups"
"""Where in the data directory backups go unless backup_dir says otherwise."""
MEMO_PART = 8
"""The memo of vectors takes at most one in so many bytes of what the memory limit leaves."""
STORE_PART = 16
"""Memtable and block cache each take at most one in so many bytes of it, but never less than STORE_BYTES_MIN."""
STORE_BYTES_MIN = 4 * MIB
PROGRESS_EVERY = 10_000
"""Entries read between two progress lines at start."""

Log = Callable[..., None]


class SystemClock:
    """Clock of the machine."""

    def now_ms(self) -> int:
        """See Clock."""
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        """See Clock."""
        return time.perf_counter_ns()


class App:
    """One server. run() returns the exit code."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self.settings = settings
        self.log = log
        self.metrics = Metrics()
        self.engine = Engine(settings, self.metrics)
        clock = SystemClock()
        self.engine.started_ms = self.engine.now_ms = clock.now_ms()
        self.engine.monotonic_ns = clock.monotonic_ns
        self.engine.pick = Random().randrange
        self.engine.secret_bytes, self.engine.run_id = secrets.token_bytes, secrets.token_hex(20)
        self.engine.tell = log if settings.log_level == "debug" else None
        self.engine.memory.resident_bytes = resident_bytes
        self.engine.memory.limit_bytes = settings.memory_limit or default_limit_bytes()
        self.actor = Actor(self.engine, ALL_WORDS, clock, self, secrets.token_bytes(16))
        self.resp = RespDoor(self.engine, self.actor, log)
        self.probes = HttpDoor(Probes(self.engine, self.actor).routes())
        self.keyring = Keyring()
        self.doorway = Doorway(self.engine, self.actor, self.keyring, log)
        self._disk_threads = started(ThreadPoolExecutor(DISK_THREADS, "crowkis-disk"), DISK_THREADS)
        self._stopping: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._directory: Directory | None = None
        self._store: Store | None = None
        self._backup: Snapshot | None = None
        """What is being written into an archive."""
        self._snapshots: Snapshots | None = None
        self._drained = False
        self._pool: EmbedPool | None = None
        self._embedder: Embedder | None = None

    async def run(self) -> int:
        """Serve until told to stop; 0 after an orderly stop, 1 when a bug stopped the actor."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self.stop)
        acting = self._loop.create_task(self.actor.run())
        acting.add_done_callback(lambda task: self._stopping.set())
        try:
            await self._open_doors()
            await self._load()
            self._tick(time.monotonic())
            await self._stopping.wait()
            if acting.done():
                self.log("stopped by a bug", level="error", error=repr(acting.exception()))
                return 1
            return await self._drain()
        finally:
            acting.cancel()
            await self._close()

    def stop(self) -> None:
        """See Outside."""
        self._stopping.set()

    def embed(self, text: str, done: Callable[[Any], None]) -> bool:
        """See Outside."""
        return self._pool is not None and self._pool.submit(text, done)

    def later(self, delay_ms: int, done: Callable[[Any], None]) -> None:
        """See Outside."""
        self._loop.call_later(delay_ms / 1000, done, None)

    def hash_secret(self, secret: str, done: Callable[[Any], None]) -> None:
        """See Outside."""
        self.keyring.hash_secret(secret, done, self._loop)

    async def sync(self) -> None:
        """See Outside."""
        assert self._store is not None
        await self._loop.run_in_executor(self._disk_threads, self._store.sync)

    async def begin_flush(self) -> Job:
        """See Outside."""
        assert self._store is not None
        return await self._loop.run_in_executor(self._disk_threads, self._store.begin_flush)

    def work(self, job: Job | ScrubJob, done: Callable[[Exception | None], None]) -> None:
        """See Outside."""
        assert self._store is not None
        future = self._loop.run_in_executor(self._disk_threads, self._store.run, job)
        future.add_done_callback(lambda finished: done(_disk_error(finished)))

    def back_up(self, name: str, snapshot: Snapshot, done: Callable[[Exception | None], None]) -> None:
        """See Outside."""

        def finished(future: "asyncio.Future[None]") -> None:
            if self._backup is snapshot:
                self._backup = None
                done(_disk_error(future))

        self._backup = snapshot
        self._loop.run_in_executor(self._disk_threads, self._write_backup, name, snapshot).add_done_callback(finished)

    def _write_backup(self, name: str, snapshot: Snapshot) -> None:
        settings = self.settings
        path = Path(settings.backup_dir) if settings.backup_dir else Path(settings.data_dir) / BACKUP_DIRECTORY
        try:
            directory = Directory(path, lock=False)
        except OSError as error:
            raise DiskError("opening backup_dir", str(error)) from error
        try:
            if not settings.backup_dir:  # nobody else writes into our own
                archive.clear_unfinished(directory)
            written = archive.write(snapshot.pairs(), directory, name)
        finally:
            directory.close()
        self.log("backup", file=str(path / name), entries=written.entries, bytes=written.size_bytes)

    def note(self, event: str, *, level: str = "info", **facts: object) -> None:
        """See Outside."""
        self.log(event, level=level, **facts)

    def report(self, command: str, error: Exception) -> None:
        """See Outside."""
        self.log("failed", level="error", command=command, error=f"{type(error).__name__}: {error}", exc_info=error)

    async def _open_doors(self) -> None:
        settings, ports = self.settings, self.engine.ports
        ports["resp"] = await self.resp.listen(settings.bind_host, settings.bind_port)
        probe_port = ports["resp"] + 3 if settings.probe_port < 0 else settings.probe_port
        ports["probes"] = await self.probes.listen(settings.probe_host, probe_port, self._loop)
        ports["http"] = await self.doorway.open(ports["resp"], self._loop)
        self.log(
            "listening",
            resp=f"{settings.bind_host}:{ports['resp']}",
            http=f"{settings.http_host}:{ports['http']}",
            probes=f"{settings.probe_host}:{ports['probes']}",
            version=__version__,
            pid=os.getpid(),
        )
        local = settings.bind_host in ("127.0.0.1", "::1", "localhost")
        if self.engine.house.token:
            self.log("credentials", required=True, how="AUTH <token>")
        elif local:
            self.log("credentials", required=False, why="only this machine can connect")
        else:
            why = "no token is set: other machines are answered DENIED until CROWKIS_AUTH_TOKEN is set"
            self.log("credentials", level="warning", required=True, why=why)

    async def _load(self) -> None:
        """Read the data directory and load the embedder beside the loop, so that probes and LOADING work meanwhile."""
        state, embedder = await self._loop.run_in_executor(self._disk_threads, self._read_everything)
        settings, memory = self.settings, self.engine.memory
        workers = settings.embed_workers or os.cpu_count() or 1
        self._embedder = embedder
        self._pool = EmbedPool(
            embedder,
            workers,
            settings.embed_queue_texts,
            Memo(min(settings.embed_memo_bytes, memory.room_bytes // MEMO_PART)),
            self._loop.call_soon_threadsafe,
        )
        facts = EmbedderFacts(embedder.name, embedder.dimension, embedder.fingerprint, _state_of(embedder))
        self._sources(state, self._pool)
        self.engine.open(state, facts, self._pool.recall)
        self.keyring.keys = lambda: state.roster.keys
        note = getattr(embedder, "note", "")
        if note:
            self.log("embedder", level="warning", note=note)
        self.log("embedder", name=embedder.name, dimension=embedder.dimension,
                 fingerprint=embedder.fingerprint, workers=workers)  # fmt: skip
        self.log("data", directory=settings.data_dir, entries=len(state.entries),
                 vectors=state.vector_count(), keys=state.store.count(PLAIN), wal_sync=settings.wal_sync,
                 memory_limit=memory.limit_bytes)  # fmt: skip
        strangers = state.strangers(embedder.fingerprint)
        if strangers:
            self.log("other embedder", level="warning", entries=strangers, effect="they serve exact repeats only")
        gc.collect()
        gc.freeze()
        self.log("ready")

    def _read_everything(self) -> tuple[State, Embedder]:
        settings = self.settings
        embedder = new_embedder(settings)
        if settings.embedder == "minilm":
            embedder.embed(["warm up"])  # what the runtime allocates at its first use belongs to the process
        memory = self.engine.memory
        memory.process_bytes = resident_bytes()
        if not memory.room_bytes:
            raise SettingError(
                f"memory_limit is {memory.limit_bytes} bytes and the empty server alone takes {memory.process_bytes}; "
                "set CROWKIS_MEMORY_LIMIT higher"
            )
        self._directory = Directory(Path(settings.data_dir))
        part = max(STORE_BYTES_MIN, memory.room_bytes // STORE_PART)
        self._store = Store.open(
            self._directory,
            counted=PLAIN,
            memtable_bytes_max=min(MEMTABLE_BYTES_MAX, part),
            cache_bytes_max=min(CACHE_BYTES_MAX, part),
        )
        report = self._store.report
        if report.cut_bytes:
            self.log("log tail cut off", level="warning", bytes=report.cut_bytes, why="an unfinished write")
        state = self._read_state(self._store)
        return state, embedder

    def _read_state(self, store: Store) -> State:
        path = Path(self.settings.data_dir) / INDEX_DIRECTORY
        self._snapshots = Snapshots(path, Directory(path, lock=False), SystemClock(), self.metrics, self.log)
        house = self.engine.house
        house.progress = Progress("reading index snapshots", 0)
        snapshots = self._snapshots.load()
        state = State(store, new_index)
        for done in state.recover(snapshots):
            house.progress = Progress("reading entries and keys", done)
            if done % PROGRESS_EVERY == 0:
                self.log("reading", done=done)
        house.progress = Progress("writing index snapshots", house.progress.done)
        self._snapshots.report(state)
        return state

    def _sources(self, state: State, pool: EmbedPool) -> None:
        engine, store = self.engine, state.store
        self.metrics.sources |= {
            "uptime_seconds": lambda: (engine.now_ms - engine.started_ms) / 1000,
            "connected_clients": lambda: len(engine.clients),
            "loop_delay_seconds": engine.live.delay_s,
            "inbox_calls": lambda: self.actor.queued_calls,
            "entries": lambda: len(state.entries),
            "vectors": state.vector_count,
            "index_bytes": lambda: state.index_bytes,
            "ledger_rows": lambda: len(state.ledger),
            "memory_limit_bytes": lambda: engine.memory.limit_bytes,
            "memory_used_bytes": engine.memory.used_bytes,
            "keys": lambda: store.count(PLAIN),
            "embed_queue_texts": lambda: pool.queue_texts,
            "wal_bytes": lambda: store.log_bytes,
            "storage_bytes": lambda: store.bytes_held,
            "disk_bytes": lambda: store.disk_bytes,
            "tables": lambda: len(list(store.tree.version.tables())),
            "block_cache_bytes": lambda: store.cache.size_bytes,
            "damaged_tables": lambda: len(engine.scrub.damaged(store)),
            "writes_stopped": lambda: int(bool(engine.house.writes_stopped)),
            "embed_texts_total": lambda: pool.embedded,
            "embed_joined_total": lambda: pool.joined,
            "embed_memo_hits_total": lambda: pool.memo.hits,
            "embed_failures_total": lambda: pool.failed,
        }

        self.metrics.sources["flags"] = lambda: state.judgements.flag_count
        self.metrics.sources["distrusted_sources"] = partial(distrusted, engine)
        self.metrics.split_sources["confidence_bar"] = partial(bars, engine)
        self.metrics.split_sources["memory_part_bytes"] = engine.memory.parts
        engine.memory.sources |= {
            "store": store.memory_bytes,
            "entries": state.residents.held_bytes,
            "templates": state.templates.size_bytes,
            "collections": lambda: state.keys.size_bytes,
            "indexes": lambda: state.index_bytes,
            "ledger": state.ledger.size_bytes,
            "ends": state.ends.size_bytes,
            "reports": lambda: state.judgements.size_bytes() + engine.serves.size_bytes,
            "memo": lambda: pool.memo.size_bytes,
            "tracking": lambda: engine.tracking.size_bytes,
            "users": lambda: state.users.size_bytes + state.roster.size_bytes() + state.shares.held_bytes(),
            "clients": lambda: self.resp.held_bytes,
        }

    def _tick(self, due_s: float) -> None:
        self.engine.live.late(max(0.0, time.monotonic() - due_s))
        self.actor.tick()
        if self._snapshots is not None:
            self._snapshots.tick(self.engine.state)
        if not self._stopping.is_set():
            self._loop.call_later(TICK_S, self._tick, time.monotonic() + TICK_S)

    async def _drain(self) -> int:
        """Stop accepting, finish what was accepted, sync."""
        self.log("stopping", waiting_calls=self.actor.queued_calls + self.actor.waiting_calls)
        self.resp.stop_accepting()
        self.engine.house.unpause()
        deadline = time.monotonic() + self.settings.drain_timeout_ms / 1000
        finished = await _until(lambda: self.actor.idle and not self.resp.streaming, deadline)
        self.resp.close()
        await _until(lambda: not self.resp.connections, deadline)
        self._drained = True
        self.log("stopped", level="info" if finished else "warning", finished=finished)
        return 0

    async def _close(self) -> None:
        await self.doorway.close()
        self.keyring.close()
        await self.probes.close()
        if self._pool is not None:
            self._pool.close(1.0)
        if self._embedder is not None:
            self._embedder.close()
        if self._backup is not None:
            self.log("backup given up", level="warning", why="the server stops")
            given_up, self._backup = self._backup, None
            given_up.release()
        self._disk_threads.shutdown(wait=True)
        if self._store is not None and not self._store.in_doubt:
            self._store.commit()
        if self._snapshots is not None:
            if self._drained:  # after a bug nobody knows what the indexes hold
                self._snapshots.stop(self.engine.state)
            self._snapshots.close()
        if self._store is not None:
            self._store.close()
        if self._directory is not None:
            self._directory.close()


def _state_of(embedder: Embedder) -> Callable[[], str]:
    return lambda: str(getattr(embedder, "breaker_state", "in process"))


def started(threads: ThreadPoolExecutor, count: int) -> ThreadPoolExecutor:
    """The same with all its threads running: who submits work waits for the thread that is begun for it."""
    together = threading.Barrier(count)
    wait([threads.submit(together.wait) for _ in range(count)])
    return threads


async def _until(done: Callable[[], bool], deadline: float) -> bool:
    """Wait until done() or the deadline (monotonic seconds); tells which of the two."""
    for _ in range(1_000_000):
        if done() or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.005)
    return done()


def _disk_error(finished: "asyncio.Future[None]") -> Exception | None:
    error = finished.exception()
    assert error is None or isinstance(error, StorageError), error
    return error


def _allow_connections() -> None:
    """As many open files as may be had: the usual 1,024 are five hundred streams, a connection on either side each."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_MAX if most == resource.RLIM_INFINITY else most, most))


def serve(settings: Settings, log: Log) -> int:
    """Run a server to its end; returns the exit code. Raises what kept it from starting."""
    sys.setswitchinterval(SWITCH_S)
    gc.set_threshold(*COLLECT_EVERY)
    _allow_connections()
    return uvloop.run(App(settings, log).run())

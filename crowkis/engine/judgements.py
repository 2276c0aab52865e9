"""What people said of answers, kept for ever and found again at once: flags, sources, reports, tallies.

Owned by State and changed only through apply(), like everything durable. Everything is bounded (values/limits.py);
what makes room for what is said at each table. Tenants are apart: no judgement of one is ever looked at for another.
"""

from typing import NamedTuple, assert_never

from crowkis.engine.codec import scope_prefix
from crowkis.engine.judgement_codec import (
    FLAG,
    REPORTS,
    SOURCE,
    TALLY,
    decode_flag,
    decode_reports,
    decode_source,
    decode_tally,
    encode_flag,
    encode_reports,
    encode_source,
    encode_tally,
    flag_key,
    reports_key,
    source_key,
    tally_key,
)
from crowkis.match.features import features
from crowkis.storage.store import Store
from crowkis.values.judgement import (
    DropFlags,
    DropJudgements,
    Flag,
    Judgement,
    PutFlag,
    PutReports,
    PutSource,
    PutTally,
    Reports,
    Source,
    Tally,
)
from crowkis.values.limits import (
    FLAG_TEXT_CHARS_MAX,
    FLAGS_MAX,
    REPORTS_MAX,
    SOURCES_MAX,
    TALLIES_MAX,
    TENANT_FLAGS_MAX,
)
from crowkis.values.question import Features
from crowkis.values.vector import Vector

FLAG_BYTES, ROW_BYTES, TALLY_BYTES = 1_500, 700, 5_000
"""What one takes in memory and in the store, text and vector aside, approximately."""


class Held(NamedTuple):
    """A flag as it is kept here: without what only CCHECKBAD shows."""

    flag_id: bytes
    question: str
    question_id: bytes
    answer_digest: bytes
    features: Features | None
    """None: the question is too long to be compared; only the very same one is meant."""
    fingerprint: str
    vector: Vector | None


class Judgements:
    """All of them, of all tenants."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.flags: dict[str, dict[bytes, Held]] = {}
        """By tenant and flag id, oldest first. A tenant at TENANT_FLAGS_MAX loses its oldest."""
        self.flag_count = 0
        self.sources: dict[tuple[str, str], Source] = {}
        """By tenant and name, last reported last. Of the fullest tenant the one trusted most makes room."""
        self.reports: dict[bytes, Reports] = {}
        """By entry id, last reported last; the first makes room."""
        self.tallies: dict[tuple[str, str], Tally] = {}
        """By tenant and intent, last reported last; the first that is not pinned makes room."""
        self._flag_bytes = 0
        self._by_answer: dict[tuple[str, bytes], dict[bytes, Held]] = {}

    def recover(self) -> None:
        """Read what is in the store."""
        stored = sorted((decode_flag(value) for _, value in self._store.items(FLAG)), key=lambda row: row.flag.at_ms)
        for row in stored:
            self._hold(*row)
        sources = (decode_source(value) for _, value in self._store.items(SOURCE))
        self.sources = {(row.tenant, row.name): row for row in sorted(sources, key=lambda row: row.at_ms)}
        reports = (decode_reports(value) for _, value in self._store.items(REPORTS))
        self.reports = {row.entry_id: row for row in sorted(reports, key=lambda row: row.at_ms)}
        for _, value in self._store.items(TALLY):
            tenant, intent, tally = decode_tally(value)
            self.tallies[tenant, intent] = tally

    def apply(self, record: Judgement) -> None:
        """Make one change, here and in the store. Raises storage.DiskError."""
        if isinstance(record, PutFlag):
            self._put_flag(record)
        elif isinstance(record, DropFlags):
            for flag_id in record.flag_ids:
                self._drop_flag(record.tenant, flag_id)
        elif isinstance(record, PutSource):
            self._put_source(record.source)
        elif isinstance(record, PutReports):
            self._put_reports(record.reports)
        elif isinstance(record, PutTally):
            self._put_tally(record)
        elif isinstance(record, DropJudgements):
            self._forget(record.tenant)
        else:
            assert_never(record)

    def flags_on(self, tenant: str, answer_digest: bytes) -> list[Held]:
        """The flags of a tenant on one answer."""
        return list(self._by_answer.get((tenant, answer_digest), {}).values())

    def flag(self, tenant: str, flag_id: bytes) -> Flag:
        """All of a flag, from the store."""
        value = self._store.get(flag_key(tenant, flag_id))
        assert value is not None, "a flag that is held and not stored"
        return decode_flag(value).flag

    def trust_of(self, tenant: str, source: str) -> float:
        """How far a source is trusted: 1 until somebody complains."""
        known = self.sources.get((tenant, source))
        return 1.0 if known is None else known.trust

    def complaints_of(self, entry_id: bytes) -> int:
        """By how much the bad reports on an entry outnumber the good ones."""
        known = self.reports.get(entry_id)
        return 0 if known is None else max(0, known.bad - known.good)

    def tally_of(self, tenant: str, intent: str) -> Tally:
        """The reports of a tenant on an intent."""
        return self.tallies.get((tenant, intent), NO_REPORTS)

    def size_bytes(self) -> int:
        """Memory held, approximately."""
        rows = len(self.sources) + len(self.reports)
        return self.flag_count * FLAG_BYTES + self._flag_bytes + rows * ROW_BYTES + len(self.tallies) * TALLY_BYTES

    def _put_flag(self, record: PutFlag) -> None:
        flag = record.flag
        self._drop_flag(flag.tenant, flag.flag_id)
        if len(self.flags.get(flag.tenant, {})) >= TENANT_FLAGS_MAX:
            self._drop_flag(flag.tenant, next(iter(self.flags[flag.tenant])))
        elif self.flag_count >= FLAGS_MAX:
            fullest = max(self.flags, key=lambda tenant: len(self.flags[tenant]))
            self._drop_flag(fullest, next(iter(self.flags[fullest])))
        self._store.put(flag_key(flag.tenant, flag.flag_id), encode_flag(flag, record.vector))
        self._hold(flag, record.vector)

    def _hold(self, flag: Flag, vector: Vector | None) -> None:
        comparable = len(flag.question) <= FLAG_TEXT_CHARS_MAX
        held = Held(
            flag.flag_id,
            flag.question if comparable else "",
            flag.question_id,
            flag.answer_digest,
            features(flag.question) if comparable else None,
            flag.fingerprint,
            vector if comparable else None,
        )
        self.flags.setdefault(flag.tenant, {})[flag.flag_id] = held
        self._by_answer.setdefault((flag.tenant, flag.answer_digest), {})[flag.flag_id] = held
        self.flag_count += 1
        self._flag_bytes += _size_of(held)

    def _drop_flag(self, tenant: str, flag_id: bytes) -> None:
        held = self.flags.get(tenant, {}).pop(flag_id, None)
        if held is None:
            return
        self._store.remove(flag_key(tenant, flag_id))
        on_answer = self._by_answer[tenant, held.answer_digest]
        del on_answer[flag_id]
        if not on_answer:
            del self._by_answer[tenant, held.answer_digest]
        self.flag_count -= 1
        self._flag_bytes -= _size_of(held)
        if not self.flags[tenant]:
            del self.flags[tenant]

    def _put_source(self, source: Source) -> None:
        key = source.tenant, source.name
        if self.sources.pop(key, None) is None and len(self.sources) >= SOURCES_MAX:
            by_tenant: dict[str, int] = {}
            for tenant, _ in self.sources:
                by_tenant[tenant] = by_tenant.get(tenant, 0) + 1
            fullest = max(by_tenant, key=lambda tenant: by_tenant[tenant])
            gone = max((row for row in self.sources.values() if row.tenant == fullest), key=lambda row: row.trust)
            del self.sources[gone.tenant, gone.name]
            self._store.remove(source_key(gone.tenant, gone.name))
        self._store.put(source_key(*key), encode_source(source))
        self.sources[key] = source

    def _put_reports(self, reports: Reports) -> None:
        if self.reports.pop(reports.entry_id, None) is None and len(self.reports) >= REPORTS_MAX:
            gone = self.reports.pop(next(iter(self.reports)))
            self._store.remove(reports_key(gone.tenant, gone.entry_id))
        self._store.put(reports_key(reports.tenant, reports.entry_id), encode_reports(reports))
        self.reports[reports.entry_id] = reports

    def _put_tally(self, record: PutTally) -> None:
        key = record.tenant, record.intent
        if self.tallies.pop(key, None) is None and len(self.tallies) >= TALLIES_MAX:
            gone = next((key for key, tally in self.tallies.items() if tally.pinned is None), next(iter(self.tallies)))
            del self.tallies[gone]
            self._store.remove(tally_key(*gone))
        self._store.put(tally_key(*key), encode_tally(record.tenant, record.intent, record.tally))
        self.tallies[key] = record.tally

    def _forget(self, tenant: str | None) -> None:
        for space in (FLAG, SOURCE, REPORTS, TALLY):
            self._store.remove_prefix(space if tenant is None else space + scope_prefix(tenant))
        for name in [name for name in self.flags if tenant in (None, name)]:
            gone = self.flags.pop(name)
            self.flag_count -= len(gone)
            self._flag_bytes -= sum(map(_size_of, gone.values()))
        for key in [key for key in self._by_answer if tenant in (None, key[0])]:
            del self._by_answer[key]
        self.sources = {key: row for key, row in self.sources.items() if tenant not in (None, row.tenant)}
        self.reports = {key: row for key, row in self.reports.items() if tenant not in (None, row.tenant)}
        self.tallies = {key: row for key, row in self.tallies.items() if tenant not in (None, key[0])}


NO_REPORTS = Tally()


def _size_of(held: Held) -> int:
    return len(held.question) + (0 if held.vector is None else held.vector.nbytes)

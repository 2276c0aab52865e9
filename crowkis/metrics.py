"""Every number the server counts, declared once in METRICS; INFO, CINFO and /metrics are printed from it.

Counting is an attribute of Metrics going up: no lock, no lookup, because only the event loop counts.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric


class MetricRow(NamedTuple):
    """One row of METRICS. Its Prometheus name is crowkis_ and `name`."""

    name: str
    kind: str
    """counter, gauge or histogram."""
    label: str
    """The one label it is split by, or empty."""
    help: str


METRICS: tuple[MetricRow, ...] = (
    MetricRow("uptime_seconds", "gauge", "", "Time since start."),
    MetricRow("loop_delay_seconds", "gauge", "", "The longest delay of the event loop in the last ten seconds."),
    MetricRow("connected_clients", "gauge", "", "Connections open now."),
    MetricRow("connections_total", "counter", "", "Connections accepted."),
    MetricRow("connections_refused_total", "counter", "", "Connections turned away at max_connections."),
    MetricRow("clients_dropped_total", "counter", "reason", "Connections the server closed, by reason."),
    MetricRow("net_input_bytes_total", "counter", "", "Bytes read from clients."),
    MetricRow("net_output_bytes_total", "counter", "", "Bytes written to clients."),
    MetricRow("commands_total", "counter", "", "Calls executed."),
    MetricRow("errors_total", "counter", "code", "Error replies, by code."),
    MetricRow("access_denials_total", "counter", "kind", "Refused to users: auth, command, key, channel."),
    MetricRow("batches_total", "counter", "", "Batches the actor ran."),
    MetricRow("inbox_calls", "gauge", "", "Calls waiting for the actor now."),
    MetricRow("lookups_total", "counter", "result", "CGET and CGETSTREAM calls answered: exact, vector or miss."),
    MetricRow(
        "intent_lookups_total", "counter", "intent", "Look-ups that met stored answers, by intent (see CINTENT)."
    ),
    MetricRow("intent_hits_total", "counter", "intent", "Those of them that were served."),
    MetricRow("refusals_total", "counter", "reason", "Candidates objected to, by reason (see REASONS)."),
    MetricRow("lookup_seconds", "histogram", "result", "From arrival in the actor to decision, embedding included."),
    MetricRow("stores_total", "counter", "", "Answers stored by CSET."),
    MetricRow("http_refused_total", "counter", "why", "Requests and connections of the HTTP door not let in, by why."),
    MetricRow(
        "gateway_requests_total",
        "counter",
        "outcome",
        "Gateway requests: hit-exact, hit-semantic, miss, coalesced, stale, bypass, failed.",
    ),
    MetricRow("gateway_tokens_saved_total", "counter", "", "Tokens that saved calls of the gateway did not cost."),
    MetricRow("gateway_saved_calls_total", "counter", "kind", "Calls saved: exact, semantic, coalesced or embedding."),
    MetricRow("gateway_money_saved_usd_total", "counter", "kind", "Dollars they did not cost, by the table of prices."),
    MetricRow("gateway_webhook_events_total", "counter", "result", "Saved calls told to the webhook: sent or dropped."),
    MetricRow(
        "gateway_faults_total", "counter", "where", "Faults of the cache that the gateway passed requests through."
    ),
    MetricRow(
        "upstream_failures_total",
        "counter",
        "kind",
        "Failed calls of upstreams: a status, or what the connection died of.",
    ),
    MetricRow("upstream_resting", "gauge", "host", "1 while an upstream rests because it keeps failing."),
    MetricRow("expired_total", "counter", "", "Answers and keys removed because their time was up."),
    MetricRow("expired_fields_total", "counter", "", "Fields of hashes removed because their time was up."),
    MetricRow("evicted_total", "counter", "", "Answers removed to make room."),
    MetricRow("quota_evicted_total", "counter", "", "Answers removed because their tenant's quota was used up."),
    MetricRow("memory_limit_bytes", "gauge", "", "The memory limit in force."),
    MetricRow("memory_used_bytes", "gauge", "", "Memory accounted for, all parts together."),
    MetricRow("memory_part_bytes", "gauge", "part", "Memory accounted for, by part (see INFO memory)."),
    MetricRow("ledger_rows", "gauge", "", "Lines of the ledger of what left."),
    MetricRow("streams_total", "counter", "", "Answers sent as a stream."),
    MetricRow("entries", "gauge", "", "Stored answers."),
    MetricRow("vectors", "gauge", "", "Vectors in all indexes."),
    MetricRow("index_bytes", "gauge", "", "Memory of all indexes, approximately."),
    MetricRow("index_snapshots_total", "counter", "", "Snapshots of an index written."),
    MetricRow("index_snapshot_failures_total", "counter", "", "Snapshots of an index that could not be written."),
    MetricRow("index_vectors_restored_total", "counter", "", "Vectors that came back from snapshots at start."),
    MetricRow("keys", "gauge", "", "Plain keys in all databases."),
    MetricRow("keyspace_hits_total", "counter", "", "Plain reads that found their key."),
    MetricRow("keyspace_misses_total", "counter", "", "Plain reads that did not."),
    MetricRow("feedback_total", "counter", "verdict", "Reports by CFEEDBACK: good, bad, or about an unknown key."),
    MetricRow("flags", "gauge", "", "Pairs of question and answer that are never served again."),
    MetricRow("distrusted_sources", "gauge", "", "Sources trusted less than trust_min."),
    MetricRow("confidence_bar", "gauge", "intent", "The highest bar any tenant's error budget or pin sets, by intent."),
    MetricRow("embed_texts_total", "counter", "", "Texts embedded."),
    MetricRow("embed_joined_total", "counter", "", "Requests that joined an identical text already being embedded."),
    MetricRow("embed_memo_hits_total", "counter", "", "Vectors found in the memo."),
    MetricRow("embed_failures_total", "counter", "", "Embeddings that failed."),
    MetricRow("embed_queue_texts", "gauge", "", "Texts waiting to be embedded now."),
    MetricRow("wal_appends_total", "counter", "", "Batches appended to the log."),
    MetricRow("wal_syncs_total", "counter", "", "Times the log was made durable."),
    MetricRow("wal_bytes", "gauge", "", "Size of the log not yet flushed to tables."),
    MetricRow("storage_bytes", "gauge", "", "Keys and values held by the store, before packing."),
    MetricRow("disk_bytes", "gauge", "", "Log and tables on disk."),
    MetricRow("tables", "gauge", "", "Sorted tables in all levels."),
    MetricRow("block_cache_bytes", "gauge", "", "Memory of unpacked blocks."),
    MetricRow(
        "storage_jobs_total", "counter", "kind", "Done beside the actor: flush, fold, resume (after a disk error)."
    ),
    MetricRow("backups_total", "counter", "result", "Archives asked for: written or failed."),
    MetricRow(
        "scrubbed_tables_total", "counter", "result", "Tables checked beside the actor: sound, damaged or unread."
    ),
    MetricRow("damaged_tables", "gauge", "", "Tables in which checking has found damage."),
    MetricRow("writes_stopped", "gauge", "", "1 while writes are refused after a disk error."),
    MetricRow("writing_stops_total", "counter", "", "Times a disk error stopped writing."),
)
"""`crowkis docs` prints this table."""

BY_NAME = {row.name: row for row in METRICS}

LATENCY_BOUNDS_S = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Histogram:
    """Counts of durations up to each bound of LATENCY_BOUNDS_S, in seconds."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCY_BOUNDS_S) + 1)
        self.total_s = 0.0

    def observe(self, duration_s: float) -> None:
        """Count one duration."""
        self.total_s += duration_s
        self.counts[bisect_left(LATENCY_BOUNDS_S, duration_s)] += 1

    def buckets(self) -> list[tuple[str, float]]:
        """Cumulative counts as Prometheus wants them."""
        total, rows = 0, []
        for bound, count in zip((*map(str, LATENCY_BOUNDS_S), "+Inf"), self.counts, strict=True):
            total += count
            rows.append((bound, float(total)))
        return rows


class Metrics:
    """The counters. What another part counts, and what is measured when asked for, is read from `sources`."""

    def __init__(self) -> None:
        self.plain: dict[str, int] = {row.name: 0 for row in METRICS if row.kind == "counter" and not row.label}
        self.split: dict[str, dict[str, float]] = {
            row.name: {} for row in METRICS if row.kind == "counter" and row.label
        }
        self.histograms: dict[str, dict[str, Histogram]] = {row.name: {} for row in METRICS if row.kind == "histogram"}
        self.sources: dict[str, Callable[[], float]] = {}
        self.split_sources: dict[str, Callable[[], Mapping[str, float]]] = {}
        """Of gauges with a label."""

    def reset(self) -> None:
        """Begin all counting anew, as CONFIG RESETSTAT does; what other parts count goes on."""
        for name in self.plain:
            self.plain[name] = 0
        for counts in self.split.values():
            counts.clear()
        for by_label in self.histograms.values():
            by_label.clear()

    def count(self, name: str, by: int = 1) -> None:
        """Raise a counter without label."""
        self.plain[name] += by

    def count_for(self, name: str, label: str, by: float = 1) -> None:
        """Raise a counter split by its label."""
        counts = self.split[name]
        counts[label] = counts.get(label, 0) + by

    def observe(self, name: str, label: str, duration_s: float) -> None:
        """Add a duration to a histogram."""
        by_label = self.histograms[name]
        if label not in by_label:
            by_label[label] = Histogram()
        by_label[label].observe(duration_s)

    def read(self, name: str) -> float:
        """The value now of a gauge or of a counter, labels summed."""
        row = BY_NAME[name]
        if name in self.sources:
            return float(self.sources[name]())
        if row.kind == "gauge":
            return 0.0
        return float(sum(self.split[name].values()) if row.label else self.plain[name])

    def lines(self, names: Iterable[str] | None = None) -> list[str]:
        """`name:value` lines for INFO, labelled counters as name_label:value."""
        rows = []
        wanted = {row.name for row in METRICS} if names is None else set(names)
        for row in METRICS:
            if row.name not in wanted or row.kind == "histogram":
                continue
            if row.label and row.kind == "gauge":
                rows += [f"{row.name}_{label}:{value:.15g}" for label, value in self._gauges(row.name).items()]
            elif row.label:
                rows += [f"{row.name}_{label}:{count:.15g}" for label, count in sorted(self.split[row.name].items())]
            else:
                rows.append(f"{row.name}:{self.read(row.name):.15g}")
        return rows

    def _gauges(self, name: str) -> Mapping[str, float]:
        return self.split_sources[name]() if name in self.split_sources else {}

    def collect(self) -> Iterator[Metric]:
        """For prometheus_client: one family per row of METRICS."""
        for row in METRICS:
            name = f"crowkis_{row.name}"
            labels = [row.label] if row.label else []
            if row.kind == "gauge" and row.label:
                gauge = GaugeMetricFamily(name, row.help, labels=labels)
                for label, value in self._gauges(row.name).items():
                    gauge.add_metric([label], value)
                yield gauge
            elif row.kind == "gauge":
                yield GaugeMetricFamily(name, row.help, value=self.read(row.name))
            elif row.kind == "counter":
                family = CounterMetricFamily(name, row.help, labels=labels)
                counts = self.split[row.name] if row.label else {"": self.read(row.name)}
                for label, count in counts.items():
                    family.add_metric([label] if row.label else [], count)
                yield family
            else:
                histogram = HistogramMetricFamily(name, row.help, labels=labels)
                for label, counted in self.histograms[row.name].items():
                    histogram.add_metric([label], counted.buckets(), counted.total_s)
                yield histogram

"""Promises of crowkis/metrics.py: what is counted is what INFO and Prometheus are told."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from crowkis.metrics import BY_NAME, LATENCY_BOUNDS_S, METRICS, Histogram, Metrics


def exposed(metrics):
    """What /metrics tells, as (name, *labels) to value."""
    registry = CollectorRegistry()
    registry.register(metrics)
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels, reverse=True))): sample.value
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        for sample in family.samples
    }


def test_every_row_is_named_by_its_kind_and_once():
    assert len(METRICS) == len(BY_NAME)
    for row in METRICS:
        assert row.kind in ("counter", "gauge", "histogram")
        assert (row.kind == "counter") == row.name.endswith("_total")
        assert row.help.endswith(".")


def test_counters_go_up_whole_and_by_label():
    metrics = Metrics()
    metrics.count("stores_total")
    metrics.count("stores_total", 2)
    metrics.count_for("errors_total", "ERR")
    metrics.count_for("errors_total", "BUSY", 3)

    assert (3.0, 4.0, 0.0) == tuple(metrics.read(name) for name in ("stores_total", "errors_total", "streams_total"))
    told = exposed(metrics)
    assert 3 == told["crowkis_stores_total",]
    assert (1, 3) == (told["crowkis_errors_total", "ERR"], told["crowkis_errors_total", "BUSY"])
    lines = metrics.lines(["stores_total", "errors_total"])
    assert {"stores_total:3", "errors_total_BUSY:3", "errors_total_ERR:1"} == set(lines)


def test_gauges_are_read_when_asked():
    metrics, held = Metrics(), [5]
    metrics.sources["entries"] = lambda: held[0]
    assert 5.0 == metrics.read("entries")
    held[0] = 7

    assert 7 == exposed(metrics)["crowkis_entries",]
    assert ["entries:7"] == metrics.lines(["entries"])
    assert 0.0 == metrics.read("vectors")


def test_a_histogram_counts_up_to_each_bound():
    histogram = Histogram()
    for duration_s in (0.0, 0.0001, 0.0002, 3.0):
        histogram.observe(duration_s)
    buckets = dict(histogram.buckets())

    assert (2.0, 3.0, 3.0, 4.0) == (buckets["0.0001"], buckets["0.00025"], buckets["2.5"], buckets["+Inf"])
    assert 3.0003 == histogram.total_s
    assert len(LATENCY_BOUNDS_S) + 1 == len(buckets)


def test_prometheus_reads_the_histogram():
    metrics = Metrics()
    metrics.observe("lookup_seconds", "exact", 0.002)
    told = exposed(metrics)

    assert 1 == told["crowkis_lookup_seconds_count", "exact"]
    assert 0.002 == told["crowkis_lookup_seconds_sum", "exact"]
    buckets = {key[-1]: value for key, value in told.items() if key[0].endswith("_bucket")}
    assert (0, 1, 1) == (buckets["0.001"], buckets["0.0025"], buckets["+Inf"])


def test_info_leaves_histograms_out():
    metrics = Metrics()
    metrics.observe("lookup_seconds", "exact", 0.002)

    assert not any("lookup_seconds" in line for line in metrics.lines())


def test_the_names_wanted_may_come_from_a_generator_and_a_histogram_among_the_rows_hides_none():
    metrics = Metrics()
    wanted = [row.name for row in METRICS if row.kind == "counter" and not row.label]

    shown = [line.partition(":")[0] for line in metrics.lines(name for name in wanted)]

    assert wanted == shown


def test_a_gauge_with_a_label_shows_one_line_and_one_sample_for_each():
    metrics = Metrics()
    metrics.split_sources["memory_part_bytes"] = lambda: {"store": 5.0, "memo": 7.0}

    assert ["memory_part_bytes_store:5", "memory_part_bytes_memo:7"] == metrics.lines(["memory_part_bytes"])
    (family,) = (family for family in metrics.collect() if family.name == "crowkis_memory_part_bytes")
    assert [({"part": "store"}, 5.0), ({"part": "memo"}, 7.0)] == [(one.labels, one.value) for one in family.samples]


def test_after_a_reset_everything_is_counted_anew():
    metrics = Metrics()
    metrics.count("commands_total", 3)
    metrics.count_for("errors_total", "ERR")
    metrics.observe("lookup_seconds", "exact", 0.1)
    metrics.reset()

    assert (0, {}, {}) == (
        metrics.plain["commands_total"],
        metrics.split["errors_total"],
        metrics.histograms["lookup_seconds"],
    )
    metrics.count("commands_total")
    assert 1 == metrics.read("commands_total")

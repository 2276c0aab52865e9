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

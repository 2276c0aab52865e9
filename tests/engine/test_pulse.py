"""Promises of crowkis/engine/pulse.py: rates are those of the last second or two."""

from crowkis.engine.pulse import BEATS, Pulse, Rates
from crowkis.metrics import Metrics


def beaten(metrics, pulse, steps, each_ms=100, commands=10):
    for step in range(steps):
        metrics.count("commands_total", commands)
        metrics.count("net_input_bytes_total", 100)
        pulse.beat(step * each_ms)


def test_rates_come_from_the_oldest_reading_and_the_newest():
    metrics = Metrics()
    pulse = Pulse(metrics)
    beaten(metrics, pulse, 3 * BEATS)

    assert Rates(100.0, 1_000.0, 0.0) == pulse.rates()


def test_readings_too_close_together_count_once():
    metrics = Metrics()
    pulse = Pulse(metrics)
    beaten(metrics, pulse, 21, each_ms=10)

    assert Rates(1_000.0, 10_000.0, 0.0) == pulse.rates()


def test_without_two_readings_and_after_a_reset_nothing_is_said():
    metrics = Metrics()
    pulse = Pulse(metrics)
    assert Rates(0.0, 0.0, 0.0) == pulse.rates()
    beaten(metrics, pulse, 2)
    metrics.reset()
    pulse.beat(1_000)

    assert 0.0 == pulse.rates().commands

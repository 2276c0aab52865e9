"""Promises of crowkis/engine/memory.py."""

import pytest

from crowkis.engine.memory import DEFAULT_SHARE, UNLIMITED_BYTES, Memory, default_limit_bytes, resident_bytes

MIB = 1 << 20


@pytest.fixture
def memory():
    made = Memory()
    made.limit_bytes, made.process_bytes = 200 * MIB, 100 * MIB
    made.held = 0
    made.sources["store"] = lambda: made.held
    return made


def test_eviction_starts_before_the_limit_and_goes_on_until_well_below(memory):
    told = []
    for memory.held in (89 * MIB, 90 * MIB, 86 * MIB, 85 * MIB, 89 * MIB):
        told.append(memory.excess_bytes())

    assert [0, 5 * MIB, 1 * MIB, 0, 0] == told


def test_it_is_full_at_the_limit_and_not_below(memory):
    memory.held = 100 * MIB - 1
    assert not memory.full
    memory.held += 1
    assert memory.full


def test_the_parts_add_up_to_what_is_used(memory):
    memory.held = 64 * MIB
    memory.sources["clients"] = lambda: 5
    memory.resident_bytes = lambda: 180 * MIB
    memory.observe()

    assert abs(sum(memory.parts().values()) - memory.used_bytes()) <= 1
    assert pytest.approx(1.25) == memory.overhead


def test_memory_freed_but_not_given_back_does_not_count_as_overhead(memory):
    memory.held, memory.resident_bytes = 80 * MIB, lambda: 180 * MIB
    memory.observe()
    memory.held = 40 * MIB
    memory.observe()

    assert 1.0 == memory.overhead
    assert 140 * MIB == memory.used_bytes()


def test_a_small_cache_says_nothing_about_overhead(memory):
    memory.held, memory.resident_bytes = 1 * MIB, lambda: 180 * MIB
    memory.observe()

    assert 1.0 == memory.overhead


def machine(tmp_path, **files):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:       1000 kB\nMemFree: 10 kB\n")
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return default_limit_bytes(tmp_path)


def test_without_a_container_it_is_a_share_of_the_machine(tmp_path):
    assert int(1000 * 1024 * DEFAULT_SHARE) == machine(tmp_path)


def test_a_container_of_version_2_counts(tmp_path):
    assert int(500_000 * DEFAULT_SHARE) == machine(tmp_path, sys__fs__cgroup__memory_DOT_max="500000\n")


def test_a_container_of_version_1_counts(tmp_path):
    files = {"sys__fs__cgroup__memory__memory_DOT_limit_in_bytes": "400000\n"}

    assert int(400_000 * DEFAULT_SHARE) == machine(tmp_path, **files)


@pytest.mark.parametrize("text", ["max\n", "9223372036854771712\n", "nonsense", ""])
def test_a_container_without_a_limit_does_not(tmp_path, text):
    assert int(1000 * 1024 * DEFAULT_SHARE) == machine(tmp_path, sys__fs__cgroup__memory_DOT_max=text)


def test_the_groups_above_ours_count_too(tmp_path):
    files = {
        "proc__self__cgroup": "0::/system.slice/crowkis.service\n",
        "sys__fs__cgroup__system_DOT_slice__memory_DOT_max": "300000\n",
        "sys__fs__cgroup__system_DOT_slice__crowkis_DOT_service__memory_DOT_max": "max\n",
    }

    assert int(300_000 * DEFAULT_SHARE) == machine(tmp_path, **files)


def test_a_group_of_version_1_is_found_by_its_controller(tmp_path):
    files = {
        "proc__self__cgroup": "5:cpu,cpuacct:/a\n4:memory:/docker/b\n",
        "sys__fs__cgroup__memory__docker__b__memory_DOT_limit_in_bytes": "200000\n",
    }

    assert int(200_000 * DEFAULT_SHARE) == machine(tmp_path, **files)


def test_where_nothing_is_told_there_is_no_limit(tmp_path):
    assert int(UNLIMITED_BYTES * DEFAULT_SHARE) == default_limit_bytes(tmp_path)


def test_this_process_takes_some_memory():
    assert 1 * MIB < resident_bytes() < 1 << 40

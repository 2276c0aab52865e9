"""Benches that nobody runs rot: each is run here with tiny sizes. What they measure is not looked at."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parents[2] / "bench"
sys.path.append(str(BENCH))

from baselines import play_cosine  # noqa: E402

RUN_S_MAX = 120

pytestmark = [pytest.mark.process, pytest.mark.model]
needs_redis = pytest.mark.skipif(
    not (shutil.which("redis-server") and shutil.which("redis-benchmark")),
    reason="redis-server is not installed (Debian: apt-get install redis)",
)


def told_by(name, tmp_path, *arguments):
    """Run a bench; what it wrote as JSON."""
    path = tmp_path / "numbers.json"
    command = [sys.executable, str(BENCH / name), "--json", str(path), *arguments]
    subprocess.run(command, check=True, timeout=RUN_S_MAX, cwd=tmp_path)
    return json.loads(path.read_text("utf-8"))


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_quality_measures_every_part_against_the_baselines(tmp_path):
    questions = ["how do i reset my password", "how do i reset my password", "where is the office in rome"]
    asked = [{"query": question, "answer_id": question[:3]} for question in questions]
    pair = {"a": questions[0], "b": questions[2], "label": 0, "source": "ours", "kind": "other", "strict": True}
    said = [{"role": "user", "content": "and the office?"}, {"role": "assistant", "content": "which?"}]
    last = {"role": "user", "content": questions[2]}
    written(tmp_path / "stream_small.jsonl", asked)
    written(tmp_path / "pairs.jsonl", [pair, pair | {"b": questions[0], "label": 1}])
    written(tmp_path / "conversations.jsonl", [{"a": [*said, last], "b": [last], "label": 1, "kind": "longer"}] * 2)
    written(tmp_path / "prompts_unique.jsonl", asked[1:])
    sums = [{"question": f"what is {n} plus {n}", "answer": str(2 * n), "template_id": "sum"} for n in (1, 2, 2)]
    written(tmp_path / "gsm_templates.jsonl", sums)
    written(tmp_path / "volatile.jsonl", [{"query": "who won yesterday", "fact_type": "fast-changing"}])
    bars = ("--bars", "0.8,0.99", "--cosine-bars", "0.9")

    found = told_by("quality.py", tmp_path, "--data", str(tmp_path), "--limit", "20", *bars)["parts"]

    systems = {
        "crowkis",
        "crowkis 0.8",
        "crowkis 0.99",
        "redisvl",
        "gptcache",
        "cosine 0.85",
        "cosine 0.9",
        "cosine 0.92",
    }
    stream = found["streams"]["stream_small"]
    assert systems == set(stream["systems"])
    assert (3, 1, 0) == tuple(stream["systems"]["crowkis"]["all"][name] for name in ("asked", "hits", "wrong"))
    assert {"exact": 1, "miss": 2} == {kind: taken["count"] for kind, taken in stream["times"].items()}
    assert systems | {"rows"} == set(found["pairs"]["pairs"]["odd"]["true, all strict"])
    assert {"axes_dev", "axes_test"} == set(found["axes"])
    assert 1 == found["conversations"]["conversations"]["odd"]["true, all strict"]["rows"]
    assert 1 == found["math"]["gsm_templates"]["systems"]["crowkis"]["all"]["hits"]
    assert {"fast-changing"} == set(found["volatile"]["volatile"]["kinds"])


def test_quality_draws_each_stream(tmp_path):
    pytest.importorskip("matplotlib")
    written(tmp_path / "stream_small.jsonl", [{"query": f"is {n} prime", "answer_id": str(n)} for n in (3, 3, 5)])

    told_by("quality.py", tmp_path, "--data", str(tmp_path), "--parts", "streams", "--plots", str(tmp_path / "drawn"))

    assert (tmp_path / "drawn" / "stream_small.png").read_bytes().startswith(b"\x89PNG")


def test_plain_cosine_serves_the_nearest_stored_question_and_stores_on_a_miss():
    vectors = np.array([[1, 0], [0.8, 0.6], [0.6, 0.8], [1, 0]], np.float32)

    played = play_cosine(["one", "two", "two", "one"], vectors, {"loose": 0.9, "strict": 0.99})

    assert [False, False, True, True] == played["loose"].served.tolist()
    assert [False, False, False, True] == played["strict"].served.tolist()
    assert 0 == played["loose"].wrong.sum()


def test_axes_hold_as_many_rewordings_as_traps_of_the_same_sentences():
    for name, traps_min in (("axes_dev", 30), ("axes_test", 60)):
        rows = [json.loads(line) for line in (BENCH / f"{name}.jsonl").read_text("utf-8").splitlines()]
        counts = Counter((row["axis"], row["wording"]) for row in rows)

        assert 15 == len(counts)
        assert all(count >= traps_min for count in counts.values())
        assert {row["a"] for row in rows if row["label"] == 0} == {row["a"] for row in rows if row["label"] == 1}
        assert len(rows) == len({(row["a"], row["b"]) for row in rows})


@needs_redis
def test_latency_times_every_kind_of_call(tmp_path):
    found = told_by("latency.py", tmp_path, "--entries", "30", "--rounds", "1", "--calls", "8")

    assert 30 == found["vectors"]
    assert {
        "redis GET", "crowkis GET", "crowkis exact CGET",
        "bare redis GET", "bare crowkis GET", "bare crowkis exact CGET",
        "crowkis semantic CGET", "embedding alone", "crowkis CSET, vector known", "crowkis CSET, new text",
    } == set(found["times"])  # fmt: skip
    assert {"exact_cget_to_redis_get_p50", "semantic_minus_embedding_p50_ms"} <= set(found["verdict"])


def test_embedding_load_compares_the_server_with_bare_threads(tmp_path):
    found = told_by("embedding_load.py", tmp_path, "--texts", "60", "--rounds", "1", "--clients", "8")

    assert {"bare_texts_per_s", "server_texts_per_s", "server_to_bare", "client_cores", "ping"} <= set(found)


@needs_redis
def test_wire_compares_with_redis_and_with_itself(tmp_path):
    few = ("--requests", "400", "--rounds", "1")

    found = told_by("wire.py", tmp_path, *few, "--parts", "words,durability,answers,mixed")["parts"]

    assert ["GET", "SET", "INCR", "MSET", "LPUSH", "HSET"] == [row["what"] for row in found["words"]]
    assert [6, 12, 1] == [len(found[part]) for part in ("durability", "answers", "mixed")]
    assert all(row["crowkis_per_s"] > 0 < row["redis_per_s"] for part in found.values() for row in part)
    assert all(row["crowkis_p50_ms"] <= row["crowkis_p999_ms"] for part in found.values() for row in part)


def test_kill_finds_everything_as_it_was_acknowledged(tmp_path):
    found = told_by("kill.py", tmp_path, "--rounds", "2", "--clients", "2", "--crowd", "50")

    assert (0, 0, 0, []) == (found["lost"], found["returned"], found["wrong"], found["faults"])
    counts = found["counts"]
    assert counts["acknowledged"] > 0
    assert counts["answers checked"] > 50
    assert counts["paraphrases asked"] == counts["paraphrases served"]


def test_store_measures_durability_growth_and_stretches(tmp_path):
    found = told_by("store.py", tmp_path, "--entries", "1000", "--dir", str(tmp_path))

    assert {"crowkis / floor", "growth", "beside the owner"} <= found.keys()


def test_store_peers_does_the_same_work_with_rocksdb_and_lmdb(tmp_path):
    pytest.importorskip("rocksdict")
    pytest.importorskip("lmdb")
    found = told_by("store_peers.py", tmp_path, "--entries", "2000", "--dir", str(tmp_path))

    assert {"crowkis", "rocksdb", "lmdb"} <= found.keys()


def test_reopen_compares_starts_with_and_without_snapshots(tmp_path):
    found = told_by("reopen.py", tmp_path, "--entries", "4500", "--dimension", "16")

    assert (4_500, 16) == (found["entries"], found["dimension"])
    assert found["snapshot_bytes"] > 4_500 * 16 * 4
    assert found["ratio"] > 0


def test_eviction_plays_every_policy_on_every_trace(tmp_path):
    data = written(tmp_path / "stream.jsonl", [{"query": f"what is {at % 7} plus {at % 3}"} for at in range(40)])

    found = told_by("eviction.py", tmp_path, "--seeds", "1", "--requests", "600", "--data", data)

    families = ("even", "models", "agents", "oneoff", "drift", "bursts", "reworded", "imported", "stream")
    assert {f"{family} {share}" for family in families for share in ("5%", "20%")} == set(found["cases"])
    assert {"lru", "lfu", "gdsf", "ours", "-isolation", "-history"} == set(found["cases"]["even 5%"])
    assert all(0 <= row["saved"] <= 1 for rows in found["cases"].values() for row in rows.values())
    assert all(lost >= 0 for row in found["regret"].values() for lost in row.values())


def test_memory_fill_compares_resident_memory_with_the_limit(tmp_path):
    found = told_by("memory_fill.py", tmp_path, "--seconds", "2", "--limit", "256m")

    assert 256 << 20 == found["limit_bytes"]
    assert found["stored"] > 0
    assert 0 == found["other"]


def test_stretches_names_the_longest_and_what_ran_beside_it(tmp_path):
    found = told_by("stretches.py", tmp_path, "--entries", "300", "--seconds", "2", "--answer-bytes", "200")

    assert found["longest_held_ms"] > 0
    assert found["longest_was_mostly"] in [
        part for phase in ("filling", "at once") for part in found[phase]["longest"][0]["parts"]
    ]
    assert found["jobs"]["backups_total_written"] >= 1
    assert found["at once"]["pings"]["count"] > 0


def test_backup_times_those_who_ask_meanwhile(tmp_path):
    found = told_by("backup.py", tmp_path, "--entries", "2000", "--answer-bytes", "300")

    assert {"idle", "during CSAVE, flush included", "during CSAVE again", "first_s", "restore_s"} <= set(found)
    assert found["archive_bytes"] > 0


def test_soak_counts_every_call_and_error(tmp_path):
    found = told_by("soak.py", tmp_path, "--seconds", "2", "--embedder", "hashing")

    assert {"SET", "CSET", "CGET", "CGETSTREAM", "CSAVE", "ZADD"} <= set(found["calls"])
    assert {} == found["errors"]
    assert 0 < found["most_to_limit"] < 1


def test_http_cache_times_values_and_paraphrases_beside_a_bare_endpoint(tmp_path):
    found = told_by("http_cache.py", tmp_path, "--entries", "40", "--calls", "10")

    assert 40 == found["vectors"]
    assert 10 == found["calls"]["kv get"]["count"] == found["calls"]["paraphrase"]["count"]


def test_gateway_compares_hits_with_a_bare_endpoint_and_misses_with_the_upstream(tmp_path):
    found = told_by("gateway.py", tmp_path, "--requests", "8", "--streams", "20")

    kinds = ["bare", "exact", "semantic", "upstream", "miss", "miss, mixed", "embedding"]
    assert kinds == [row[0] for row in found["rows"]]
    assert [20, 20] == [found[who]["whole"] for who in ("direct", "streams")]


def test_watching_compares_with_a_server_that_does_not_count(tmp_path):
    found = told_by("watching.py", tmp_path, "--calls", "100", "--rounds", "2")

    assert {"1", "50"} == found["at_once"].keys()
    assert all({"noted", "not noted"} == told.keys() for told in found["at_once"].values())

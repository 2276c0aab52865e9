import os
import subprocess
import sys
from pathlib import Path

import pytest

from crowkis.embed import graph_cache, minilm_graph
from crowkis.interfaces import EmbedderError

GRAPH = b"a graph " * 1_000


@pytest.fixture
def builds(monkeypatch):
    """Replaces the slow building; counts how often it was done."""
    done = []
    monkeypatch.setattr(minilm_graph, "read_weights", lambda path: b"weights")
    monkeypatch.setattr(minilm_graph, "build", lambda weights: done.append(weights) or GRAPH)
    return done


class TestLoad:
    def test_the_second_start_does_not_build(self, tmp_path, builds):
        first = graph_cache.load(tmp_path)
        second = graph_cache.load(tmp_path)

        assert (GRAPH, "") == first == second
        assert [b"weights"] == builds

    @pytest.mark.parametrize("damage", ["flip", "cut", "empty", "extend"])
    def test_a_damaged_file_is_built_anew_and_mended(self, tmp_path, builds, damage):
        graph_cache.load(tmp_path)
        path = tmp_path / graph_cache.file_name()
        whole = path.read_bytes()
        flipped = whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]
        path.write_bytes({"flip": flipped, "cut": whole[:-1], "empty": b"", "extend": whole + b"x"}[damage])

        assert (GRAPH, "") == graph_cache.load(tmp_path)
        assert whole == path.read_bytes()
        assert 2 == len(builds)

    def test_a_missing_directory_is_made(self, tmp_path, builds):
        graph_cache.load(tmp_path / "a" / "b")

        assert (tmp_path / "a" / "b" / graph_cache.file_name()).exists()

    def test_where_nothing_can_be_written_the_graph_lives_in_memory_and_the_note_says_so(self, tmp_path, builds):
        in_the_way = tmp_path / "file"
        in_the_way.write_text("not a directory")
        graph = graph_cache.load(in_the_way / "cache")

        assert GRAPH == graph.content
        assert "cannot be written" in graph.note
        assert str(in_the_way) in graph.note

    def test_without_any_directory_the_graph_lives_in_memory_and_the_note_says_so(self, builds):
        graph = graph_cache.load(None)

        assert GRAPH == graph.content
        assert "no cache directory" in graph.note

    @pytest.mark.parametrize("call", ["fsync", "replace"])
    def test_a_write_that_fails_leaves_nothing_behind(self, tmp_path, builds, monkeypatch, call):
        def fails(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, call, fails)
        graph = graph_cache.load(tmp_path)

        assert GRAPH == graph.content
        assert "No space left" in graph.note
        assert [] == list(tmp_path.iterdir())

    def test_wrong_weights_are_told_when_there_is_something_to_build(self, tmp_path, monkeypatch):
        def missing():
            raise EmbedderError("install something")

        monkeypatch.setattr(minilm_graph, "weights_path", missing)
        with pytest.raises(EmbedderError, match="install something"):
            graph_cache.load(tmp_path)

    def test_the_file_is_named_after_weights_and_version(self):
        assert minilm_graph.WEIGHTS_SHA256[:16] in graph_cache.file_name()
        assert f"-v{minilm_graph.GRAPH_VERSION}." in graph_cache.file_name()

    @pytest.mark.model
    def test_two_processes_building_at_once_leave_one_whole_file(self, tmp_path):
        script = (
            "import hashlib, pathlib, sys; from crowkis.embed import graph_cache;"
            "sys.stdin.readline();"
            "graph = graph_cache.load(pathlib.Path(sys.argv[1]));"
            "print(hashlib.sha256(graph.content).hexdigest(), repr(graph.note))"
        )
        racers = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        for racer in racers:
            racer.stdin.write("go\n")
            racer.stdin.flush()
        said = [racer.communicate(timeout=60)[0] for racer in racers]

        assert said[0] == said[1] != ""
        assert [graph_cache.file_name()] == [path.name for path in tmp_path.iterdir()]
        assert graph_cache.read(tmp_path / graph_cache.file_name()) is not None


class TestDefaultDirectory:
    @pytest.mark.skipif(sys.platform != "linux", reason="XDG is a habit of Linux")
    def test_it_follows_xdg_cache_home(self, monkeypatch, tmp_path):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

        assert tmp_path / "crowkis" == graph_cache.default_directory()

    @pytest.mark.skipif(sys.platform != "linux", reason="XDG is a habit of Linux")
    def test_it_falls_back_to_the_home_directory(self, monkeypatch, tmp_path):
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setenv("HOME", str(tmp_path))

        assert tmp_path / ".cache" / "crowkis" == graph_cache.default_directory()

    def test_a_user_without_a_home_has_none(self, monkeypatch):
        def homeless():
            raise RuntimeError("no home")

        monkeypatch.setattr(Path, "home", homeless)

        assert graph_cache.default_directory() is None

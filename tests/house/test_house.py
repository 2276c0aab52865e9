"""The rules of the house, checked: sizes, names, tests beside files, what may touch the machine."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "crowkis"
FILES = sorted(path for path in PACKAGE.rglob("*.py"))
LINES_MAX = 450
FUNCTION_LINES_MAX = 50
FORBIDDEN_NAMES = {"manager", "helper", "helpers", "utils", "handler", "service", "core", "base", "data", "info"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_starts_by_saying_what_it_is_for(path: Path):
    assert ast.get_docstring(tree_of(path)), "write a docstring: what it is for, what it must never do"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_fits_in_the_head(path: Path):
    lines = len(path.read_text("utf-8").splitlines())

    assert lines <= LINES_MAX, f"{lines} lines: split it, or write a decision record"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_functions_fit_a_screen(path: Path):
    long = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
            lines = (node.end_lineno or 0) - first.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                long.append(f"{node.name}: {lines}")

    assert [] == long


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_not_called_by_words_that_say_nothing(path: Path):
    assert path.stem not in FORBIDDEN_NAMES


OPENERS = {
    "crowkis/doors/dashboard.py",  # files of this package
    "crowkis/storage/disk.py",
    "crowkis/settings.py",
    "crowkis/engine/memory.py",
    "crowkis/replica.py",  # tells the kernel to end it before the server
    "crowkis/embed/graph_cache.py",
    "crowkis/embed/minilm_graph.py",
    "crowkis/embed/onnx.py",
    "crowkis/upstream/prices.py",  # the operator's table, once at start
}
OPENING_METHODS = {"read_text", "read_bytes", "write_bytes", "write_text"}


def opens_a_file(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    named = node.func
    return (isinstance(named, ast.Name) and named.id == "open") or (
        isinstance(named, ast.Attribute) and named.attr in OPENING_METHODS
    )


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_only_a_few_files_open_files(path: Path):
    opened = [node.lineno for node in ast.walk(tree_of(path)) if opens_a_file(node)]

    assert not opened or name_of(path) in OPENERS, f"lines {opened}: go through storage/disk.py, or add the reason here"


UNTESTED_ALONE = {
    "crowkis/__main__.py",
    "crowkis/app.py",
    "crowkis/interfaces.py",
    "crowkis/cli/health.py",
    "crowkis/cli/logs.py",
    "crowkis/cli/repl.py",
    "crowkis/cli/server.py",
    "crowkis/commands/absent.py",
    "crowkis/commands/apikeys.py",
    "crowkis/commands/clients.py",
    "crowkis/commands/config.py",
    "crowkis/commands/blocking.py",
    "crowkis/commands/connection.py",
    "crowkis/commands/debug.py",
    "crowkis/commands/figures.py",
    "crowkis/commands/inspect.py",
    "crowkis/commands/keys.py",
    "crowkis/commands/meaning.py",
    "crowkis/commands/memory.py",
    "crowkis/commands/quotas.py",
    "crowkis/commands/report.py",
    "crowkis/commands/retention.py",
    "crowkis/commands/semantic.py",
    "crowkis/commands/server.py",
    "crowkis/commands/strings.py",
    "crowkis/commands/timings.py",
    "crowkis/doors/apikeys.py",
    "crowkis/doors/bodies.py",
    "crowkis/doors/endpoints.py",
    "crowkis/doors/gateway.py",
    "crowkis/doors/guests.py",
    "crowkis/doors/kv.py",
    "crowkis/doors/langcache.py",
    "crowkis/doors/probes.py",
    "crowkis/doors/rest.py",
    "crowkis/doors/sessions.py",
    "crowkis/doorway.py",
    "crowkis/engine/errands.py",
    "crowkis/engine/outside.py",
    "crowkis/engine/upkeep.py",
    "crowkis/doors/resp.py",
}
"""Tested through the real door (tests/e2e), the engine's parts through the actor (tests/engine/test_actor*.py)."""


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_every_file_has_its_test(path: Path):
    inside = path.relative_to(PACKAGE)
    if path.name == "__init__.py" or inside.parts[0] == "values" or name_of(path) in UNTESTED_ALONE:
        return
    expected = ROOT / "tests" / inside.parent / f"test_{path.name}"
    differential = ROOT / "tests" / "e2e" / f"test_{path.stem}_match_redis.py"

    assert expected.exists() or (inside.parts[0] == "commands" and differential.exists()), (
        f"write {expected.relative_to(ROOT)}"
    )


def test_decisions_are_short():
    for path in (PACKAGE / "decisions").glob("*.md"):
        assert len(path.read_text("utf-8").splitlines()) <= 60, path.name


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    block = text.split("dependencies = [", 1)[1].split("\n]", 1)[0]
    lines = [line for line in block.splitlines() if line.strip().startswith('"')]

    assert lines
    assert [] == [line for line in lines if "#" not in line]

"""What the README and other documents say is what the tables say."""

import re
from pathlib import Path

from crowkis import __version__
from crowkis.cli.compatibility import compatibility
from crowkis.cli.docs import reference, semantic_table
from crowkis.engine.rules import SERVE_RULES
from crowkis.metrics import METRICS
from crowkis.values.errors import ERRORS
from crowkis.values.verdict import REASONS

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference.md"


def test_the_reference_is_what_the_code_prints():
    assert reference() == REFERENCE.read_text("utf-8"), "run: crowkis docs > docs/reference.md"


def test_the_compatibility_page_is_what_the_code_prints():
    printed = compatibility()

    assert printed == (ROOT / "docs" / "compatibility.md").read_text("utf-8"), "run: crowkis docs compatibility"


def test_the_readme_shows_the_words_of_the_cache_as_printed():
    assert semantic_table() in (ROOT / "README.md").read_text("utf-8"), "paste what `crowkis docs semantic` prints"


def test_the_changelog_has_a_heading_for_this_version():
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_every_row_of_a_table_has_a_name_of_its_own():
    for names in ([r.id for r in REASONS], [r.code for r in ERRORS], [r.name for r in METRICS]):
        assert len(names) == len(set(names))


def test_every_gate_has_a_reason():
    assert {gate.name for gate in SERVE_RULES} <= {row.gate for row in REASONS}


def test_every_reason_error_and_metric_is_used_by_the_code():
    code = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "crowkis").rglob("*.py")
        if path.name not in ("verdict.py", "metrics.py")
    )
    unused = [row.id for row in REASONS if f'"{row.id}"' not in code]
    unused += [row.name for row in METRICS if f'"{row.name}"' not in code]
    unused += [row.code for row in ERRORS if not re.search(rf'CommandError\(\s*"{row.code}"', code)]

    assert [] == unused


def test_the_documents_name_no_file_that_is_not_there():
    named = {
        (document.name, name)
        for document in (ROOT / "README.md", ROOT / "crowkis" / "ARCHITECTURE.md")
        for name in re.findall(r"`((?:crowkis|bench|tests|docs)/[\w/.]+\.(?:py|md))`", document.read_text("utf-8"))
    }

    assert [] == sorted(pair for pair in named if not (ROOT / pair[1]).exists())

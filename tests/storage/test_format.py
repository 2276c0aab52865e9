import re
from pathlib import Path

import pytest

import crowkis.storage
from crowkis.storage import bloom, manifest, record, store, table, tree, version, wal
from crowkis.storage.block import encode_block
from crowkis.values.limits import MIB

FORMAT = (Path(crowkis.storage.__file__).parent / "FORMAT.md").read_text("utf-8")
GOLDEN = Path(__file__).parent / "golden"


def example(kind, number=0):
    """The bytes of a worked example; `number` chooses among several."""
    section = FORMAT.split(f"## Worked example: {kind}")[1].split("\n## ")[0]
    found = re.findall(r"(?:^    [0-9a-f |]+\n)+", section, re.MULTILINE)[number]
    return bytes.fromhex(found.replace("|", " ").replace("\n", " "))


@pytest.mark.parametrize(
    ("kind", "golden"), [("a log", "v1/000002.log"), ("a manifest", "v2/MANIFEST"), ("a table", "v2/000003.table")]
)
def test_the_worked_examples_are_the_golden_files(kind, golden):
    assert (GOLDEN / golden).read_bytes() == example(kind)


def test_the_unpacked_block_of_the_example_is_that_of_the_table():
    assert encode_block([b"k10", b"k11"], [b"again", None]) == example("a table", 1)


def test_numbers_in_the_text_are_those_of_the_program():
    assert (1, 2, 256 * MIB, 64 * MIB, 64 * MIB, b"CROWKLOG", b"CROWKCKP", b"CROWKTAB", b"CROWKMAN", b"CROWKEND") == (
        record.FORMAT_VERSION,
        record.RECORD_VERSION,
        store.BATCH_BYTES_MAX,
        store.MEMTABLE_BYTES_MAX,
        wal.SEGMENT_BYTES_MAX,
        record.LOG_MAGIC,
        record.CHECKPOINT_MAGIC,
        record.TABLE_MAGIC,
        record.MANIFEST_MAGIC,
        table.FOOTER_MAGIC,
    )
    assert (3, 1, 13, 6, 14, 4, 256 * MIB, 8, 32 * MIB, 2) == (
        manifest.LEVELS,
        table.TABLE_VERSION,
        bloom.BITS_PER_KEY,
        bloom.PROBES,
        bloom._SHIFT,
        version.LEVEL0_TABLES_DUE,
        version.LEVEL1_BYTES_MIN,
        version.LEVEL1_SHARE,
        tree.TABLE_BYTES_MAX,
        store.COUNTED_PREFIX_BYTES,
    )

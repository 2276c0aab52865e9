from pathlib import Path

import crowkis.storage
from crowkis.storage import record, wal
from crowkis.storage.store import BATCH_BYTES_MAX
from crowkis.values.limits import MIB

FORMAT = (Path(crowkis.storage.__file__).parent / "FORMAT.md").read_text("utf-8")
GOLDEN = Path(__file__).parent / "golden"


def test_the_worked_example_is_the_golden_file():
    example = FORMAT.split("## Worked example")[1].split("## Opening")[0]
    lines = [line.replace("|", "") for line in example.splitlines() if line.startswith("    ")]

    assert (GOLDEN / "v1" / "000002.log").read_bytes() == bytes.fromhex(" ".join(lines))


def test_numbers_in_the_text_are_those_of_the_program():
    assert (1, 1, 256 * MIB, 64 * MIB, b"CROWKLOG", b"CROWKCKP") == (
        record.FORMAT_VERSION,
        record.RECORD_VERSION,
        BATCH_BYTES_MAX,
        wal.SEGMENT_BYTES_MAX,
        record.LOG_MAGIC,
        record.CHECKPOINT_MAGIC,
    )

"""Data directories with something in them, and the command line run in this process."""

import pytest
from click.testing import CliRunner

from crowkis.cli import main
from crowkis.engine.codec import encode_plain, plain_key
from crowkis.storage.disk import Directory
from crowkis.storage.store import Store

PAIRS = [(plain_key(0, b"%04d" % number), encode_plain(b"value %d " % number * 20, 0)) for number in range(400)]
LATER = [(plain_key(0, b"later%d" % number), encode_plain(b"value", 0)) for number in range(10)]


@pytest.fixture
def run():
    """run(*words) -> (exit code, output)."""

    def run(*words):
        ran = CliRunner().invoke(main, [str(word) for word in words])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.output
        return ran.exit_code, ran.output

    return run


@pytest.fixture
def data_dir(tmp_path):
    """A directory with PAIRS in a table and LATER in the log alone."""
    path = tmp_path / "data"
    directory = Directory(path)
    store = Store.open(directory, counted=b"k")
    for key, value in PAIRS:
        store.put(key, value)
    job = store.begin_flush()
    store.run(job)
    store.finish(job)
    for key, value in LATER:
        store.put(key, value)
        store.commit()
    store.close()
    directory.close()
    return path


@pytest.fixture
def held():
    """held(path) -> what a directory's store holds."""

    def held(path):
        directory = Directory(path)
        store = Store.open(directory, counted=b"k")
        try:
            return list(store.items())
        finally:
            store.close()
            directory.close()

    return held


@pytest.fixture
def everything():
    """What data_dir holds."""
    return PAIRS + LATER

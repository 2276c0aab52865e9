"""Promises of crowkis/engine/judgement_codec.py."""

import numpy as np
import pytest

from crowkis.engine import judgement_codec as codec
from crowkis.engine.codec import CodecError
from crowkis.values.judgement import Flag, Reports, Source, Tally

FLAG = Flag(b"f" * 16, "t", "was\u00fc?", b"q" * 16, b"d" * 16, b"\xff\0answer", "why", "space", 5)
DECODERS = (codec.decode_flag, codec.decode_source, codec.decode_reports, codec.decode_tally)


def test_everything_comes_back_as_it_went():
    vector = np.array([0.5, -0.5], dtype=np.float32)
    flag = codec.decode_flag(codec.encode_flag(FLAG, vector))
    source, reports = Source("t", "wiki", 0.7, 1, 2, 3), Reports(b"e" * 16, "t", 1, 2, 3)
    tally = Tally(exact_right=1.5, pinned=0.9)

    assert flag.flag == FLAG
    assert flag.vector.tolist() == [0.5, -0.5]
    assert codec.decode_flag(codec.encode_flag(FLAG, None)).vector is None
    assert source == codec.decode_source(codec.encode_source(source))
    assert reports == codec.decode_reports(codec.encode_reports(reports))
    assert ("t", "all", tally) == codec.decode_tally(codec.encode_tally("t", "all", tally))


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("value", [b"", b"\x01", b"\x02{}", b"\x01[]", b"\x01{}", b"\x01\x02\0\0\0{}"])
def test_what_is_not_whole_is_refused(decode, value):
    with pytest.raises(CodecError):
        decode(value)


def test_tenants_lie_under_prefixes_of_their_own():
    assert codec.flag_key("a", b"1")[:10] != codec.flag_key("b", b"1")[:10]
    assert codec.source_key("a", "s")[:10] == b"js" + codec.flag_key("a", b"1")[2:10]
    assert codec.reports_key("a", b"1")[2:10] == codec.tally_key("a", "all")[2:10]

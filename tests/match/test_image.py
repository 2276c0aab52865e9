"""Promises of crowkis/match/image.py: images by digest, and the rule that they must be the same."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.match.image import image_of, measures, same
from crowkis.values.limits import IMAGE_BYTES_MAX
from crowkis.values.question import Policy


@given(st.binary(min_size=1), st.binary(min_size=1))
def test_two_digests_are_the_same_when_the_images_are(one, other):
    assert (one == other) == (image_of(base64.b64encode(one)) == image_of(base64.b64encode(other)))


@pytest.mark.parametrize(
    "raw", [b"", b"====", b"AB", b"ABC", b"AB=C", b"QUJ\nD", b" QUJD", b"data:image/png;base64,QUJD", b"QU-_", b"\xff"]
)  # fmt: skip
def test_what_is_not_base64_is_refused(raw):
    with pytest.raises(ValueError, match="must be an image in base64"):
        image_of(raw)


def test_an_image_beyond_the_limit_is_refused_by_its_size():
    assert image_of(base64.b64encode(bytes(IMAGE_BYTES_MAX)))
    with pytest.raises(ValueError, match=f"at most {IMAGE_BYTES_MAX} bytes"):
        image_of(base64.b64encode(bytes(IMAGE_BYTES_MAX + 3)))


def test_another_image_or_none_is_another_question(asked, stored):
    for one, other in (("a", "b"), ("a", ""), ("", "b")):
        question, candidate = asked("What is this?", image=one), stored("What is this?", image=other, exact=True)
        reason = same(question, candidate, Policy(0.9))

        assert "image.differs" == reason.id
        assert reason[1:] == measures(question, candidate, Policy(0.9))
    assert same(asked("x", image="a"), stored("y", image="a"), Policy(0.9)) is None
    assert same(asked("x"), stored("y"), Policy(0.9)) is None

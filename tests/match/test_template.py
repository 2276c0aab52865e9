"""Promises of crowkis/match/template.py: what is said alike has one template, what asks for something else has not."""

import pytest

from crowkis.match.features import features
from crowkis.match.template import template


def of(text):
    return template(text, features(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I cancel my order?", "how do i cancel my order"),
        ("What is the capital of France?", "Please tell me, what's the capital of France?"),
        ("Convert 10 km to miles", "please convert 10 kilometers to miles"),
        ("how do I reset the router", "Hey, could you tell me how do I reset a router?"),
    ],
)
def test_the_same_said_alike_has_one_template(one, other):
    assert of(one).digest == of(other).digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("convert 10 km to miles", "convert 12 km to miles"),
        ("convert 10 km to miles", "convert 10 miles to km"),
        ("trains from Bern to Basel", "trains from Basel to Bern"),
        ("what is the capital of France", "what is the capital of Spain"),
        ("rename `a.txt`", "rename `b.txt`"),
        ("does it rain", "does it not rain"),
    ],
)
def test_another_value_or_order_is_another_template(one, other):
    assert of(one).digest != of(other).digest


def test_values_leave_the_skeleton_and_fill_slots():
    found = of("please convert 10 km to miles")

    assert "convert <number> to mile" == found.skeleton
    assert found.slots

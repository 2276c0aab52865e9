"""Promises of crowkis/match/weights.py."""

import pytest

from crowkis.match import weights
from crowkis.match.signals import SIGNALS


@pytest.mark.parametrize("model", [weights.ALONE, weights.AGREED])
def test_there_is_a_weight_for_every_signal(model):
    assert len(SIGNALS) == len(model.weights)


def test_the_card_says_what_it_was_fitted_on_and_what_not():
    card = weights.__doc__

    assert card is not None
    assert all(word in card for word in ("Banking77", "CLINC150", "Overnight", "SNIPS", "Quora", "CC BY"))

"""A stand-in for the model behind the frameworks; each test begins with one that was asked nothing."""

import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream


@pytest.fixture(scope="module")
def house_upstream():
    made = FakeUpstream()
    yield made
    made.stop()


@pytest.fixture
def upstream(house_upstream):
    house_upstream.script.clear()
    house_upstream.asked.clear()
    house_upstream.headers.clear()
    house_upstream.usual = Behaviour()
    house_upstream.cancelled = 0
    return house_upstream

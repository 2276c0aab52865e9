"""Promises of crowkis/embed/choice.py: the settings decide, and say what is missing."""

import pytest

from crowkis.embed.choice import new_embedder
from crowkis.settings import SettingError, Settings


def test_the_settings_decide():
    hashing = new_embedder(Settings(embedder="hashing", embed_dim=16))
    remote = new_embedder(Settings(embedder="remote", embed_url="http://127.0.0.1:1", embed_model="m"))

    assert [16, "m at 127.0.0.1:1"] == [hashing.dimension, remote.name]
    remote.close()


def test_a_remote_embedder_needs_an_address_and_a_model():
    with pytest.raises(SettingError, match="embed_url and embed_model"):
        new_embedder(Settings(embedder="remote", embed_url="http://127.0.0.1:1"))

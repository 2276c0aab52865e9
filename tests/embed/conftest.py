"""One loaded model for all tests of this room."""

import pytest


@pytest.fixture(scope="session")
def graph_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="session")
def model_embedder(graph_directory):
    from crowkis.embed.onnx import OnnxEmbedder

    embedder = OnnxEmbedder(graph_directory)
    yield embedder
    embedder.close()

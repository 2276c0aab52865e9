import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crowkis.embed.hashing import HashingEmbedder


def cosine(one: str, other: str) -> float:
    first, second = HashingEmbedder().embed([one, other])
    return float(first @ second)


class TestHashingEmbedder:
    @given(st.lists(st.text(max_size=40), max_size=5))
    def test_every_text_has_a_unit_vector_of_its_own_making(self, texts):
        embedder = HashingEmbedder()
        together = embedder.embed(texts)

        assert len(texts) == len(together)
        for text, vector in zip(texts, together, strict=True):
            assert (np.float32, (384,)) == (vector.dtype, vector.shape)
            assert abs(float(vector @ vector) - 1) < 1e-5
            assert np.array_equal(vector, embedder.embed([text])[0])

    def test_similar_wording_is_closer_than_other_wording(self):
        assert cosine("how do I reset my password", "how can I reset my password") > 0.7
        assert cosine("how do I reset my password", "boil an egg for breakfast") < 0.3

    def test_case_and_punctuation_do_not_matter(self):
        assert cosine("Reset, my password!", "reset my PASSWORD") > 0.9999

    def test_another_process_makes_the_same_bytes(self):
        script = (
            "from crowkis.embed.hashing import HashingEmbedder;"
            "print(HashingEmbedder(16).embed(['the same everywhere'])[0].tobytes().hex())"
        )
        out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

        assert HashingEmbedder(16).embed(["the same everywhere"])[0].tobytes().hex() == out.strip()

    def test_the_fingerprint_names_the_dimension(self):
        assert HashingEmbedder(16).fingerprint != HashingEmbedder(384).fingerprint
        assert (16,) == HashingEmbedder(16).embed(["x"])[0].shape

"""An image is part of a question: another image, or none, makes it another question. Only its digest is kept."""

import binascii
from hashlib import blake2b

from crowkis.values.limits import IMAGE_BYTES_MAX
from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

_DIGEST_BYTES = 16


def image_of(raw: bytes) -> str:
    """The digest of an image given in base64. Raises ValueError."""
    if len(raw) > (IMAGE_BYTES_MAX + 2) // 3 * 4:
        raise ValueError(f"must be at most {IMAGE_BYTES_MAX} bytes before base64")
    try:
        image = binascii.a2b_base64(raw, strict_mode=True)
    except (binascii.Error, ValueError):
        image = b""
    if not image:
        raise ValueError("must be an image in base64: letters, digits, + and /, padded with =, nothing else")
    return blake2b(image, digest_size=_DIGEST_BYTES).hexdigest()


def same(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer about another image, about none, or about one when none is shown, is not served."""
    if question.image == candidate.image:
        return None
    return Reason("image.differs", _shown(candidate.image), _shown(question.image))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The image of the stored question, against the image asked about."""
    return _shown(candidate.image), _shown(question.image)


def _shown(digest: str) -> str:
    return digest or "(none)"

"""What came before a question: its fingerprints, and the rule that a question leaning on it needs the same.

Never keeps a message: of a conversation only digests go on from here.
"""

import json
from hashlib import blake2b
from typing import Any

from crowkis.values.limits import CONTEXT_BYTES_MAX, FINGERPRINT_CHARS_MAX
from crowkis.values.question import HANGS, NO_CONTEXT, STANDS, Candidate, Context, Policy, Question
from crowkis.values.verdict import Reason

_STEERING_ROLES = frozenset({"system", "developer"})
_DIGEST_BYTES = 16
_DEGREES = ("stands alone", "may lean on", "hangs on")


def context_of(raw: bytes) -> Context:
    """The fingerprints of what CONTEXT gives: a JSON list of messages, or a fingerprint. Raises ValueError."""
    if len(raw) > CONTEXT_BYTES_MAX:
        raise ValueError(f"must be at most {CONTEXT_BYTES_MAX} bytes; send a fingerprint of your own instead")
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        raise ValueError("must be valid UTF-8") from None
    if text[:1] in ("[", "{"):
        return _of_messages(_messages(text))
    if len(text) > FINGERPRINT_CHARS_MAX or not text.isprintable():
        raise ValueError(f"must be a JSON list of messages, or a fingerprint of up to {FINGERPRINT_CHARS_MAX} letters")
    return Context("", f"given:{text}") if text else NO_CONTEXT


def _messages(text: str) -> list[dict[str, Any]]:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"must be valid JSON when it begins with [ or {{; it is not{where}") from None
    if not isinstance(value, list):
        raise ValueError("must be a list of messages, not a single object: put it in [ ]")
    for place, message in enumerate(value):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise ValueError(f'must hold messages like {{"role": "user", "content": "..."}}; number {place} is none')
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _of_messages(messages: list[dict[str, Any]]) -> Context:
    steering = [message for message in messages if message["role"].lower() in _STEERING_ROLES]
    return Context(
        _digest(steering) if steering else "",
        _digest(messages) if len(steering) < len(messages) else "",
    )


def _digest(messages: list[dict[str, Any]]) -> str:
    """Of the messages in canonical JSON: the order of keys, escapes and white space between tokens do not count."""
    try:
        canonical = json.dumps(messages, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise ValueError("must not be nested that deeply") from None
    return blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def same(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """System messages must be the same; so must the rest, once either question leans on it.

    A question that cannot be understood alone is not matched by meaning where no history was told: the very same
    words, or the same image to look at, must do.
    """
    asked, stored = question.context, candidate.context
    if asked.instructions != stored.instructions:
        return Reason("context.other-instructions", _shown(stored.instructions), _shown(asked.instructions))
    degree = _degree(question, candidate)
    if degree == STANDS:
        return None
    if asked.history != stored.history:
        return Reason("context.other-history", _told(stored, candidate), _told(asked, question))
    if degree == HANGS and not (asked.history or candidate.exact or question.image):
        return Reason("context.not-told", _told(stored, candidate), _told(asked, question))
    return None


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """The history of the stored question and how much it leans on it, against that of the one asked."""
    return _told(candidate.context, candidate), _told(question.context, question)


def _degree(question: Question, candidate: Candidate) -> int:
    return max(question.features.leaning.degree, candidate.features.leaning.degree)


def _told(context: Context, text: Question | Candidate) -> str:
    return f"{_DEGREES[text.features.leaning.degree]} {_shown(context.history)}"


def _shown(fingerprint: str) -> str:
    """A digest's first half; what a client gave is not shown, it may be a session's secret."""
    if fingerprint.startswith("given:"):
        return "given:" + blake2b(fingerprint.encode(), digest_size=4).hexdigest()
    return fingerprint[:_DIGEST_BYTES] or "(none)"

"""Things that are named by writing them out: addresses, accounts, phone numbers, paths, hashes. Reader and rule.

lift() takes them out of a text, each in a canonical form, and leaves a HOLE where it stood, so that nobody reads their
digits as amounts. Numbers of orders and models without separators (4412, AX-200) are left to the numbers.
Never scans a text more than once per pattern, and only where a mark in it makes a pattern possible.
"""

import re

from crowkis.values.question import Candidate, Policy, Question
from crowkis.values.verdict import Reason

HOLE = "\u01c2"
"""Stands for an identifier; a letter, so that it is cut as a word of its own."""

_URL = re.compile(r"(?P<url>\b(?:https?|ftp|wss?|s3|file)://[^\s<>\"'`]++|\bwww\.[^\s<>\"'`]++)")
_EMAIL_OR_HANDLE = re.compile(
    r"(?P<email>\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})|(?P<at>(?<![\w.])@\w{2,64})"
)
_HOST = re.compile(
    r"(?P<host>\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}\.(?:com|org|net|io|dev|edu|gov)\b(?:/[^\s<>\"'`]*+)?)", re.IGNORECASE
)
_DOMAINS = re.compile(r"\.(?:com|org|net|io|dev|edu|gov)\b", re.IGNORECASE)
_PATH = re.compile(
    r"(?P<path>(?<![\w/<\[])/(?:[\w.@-]{1,128}+/){0,32}+(?:[\w@-]|[.]+(?=\w)){0,128}+"
    r"|\b[A-Za-z]:\\(?:[\w.@-]{1,128}+\\){0,32}+[\w.@-]{1,128}+)"
)
_FIGURES = re.compile(
    r"""(?P<uuid>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)
    | (?P<ip>(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?::\d{1,5})?(?![\d.]*\d)
        | (?<![\w:])(?=[0-9a-fA-F]*:[0-9a-fA-F]*:)[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]))
    | (?P<hash>\b(?=[a-fA-F]*\d)(?=\d*[a-fA-F])[0-9a-fA-F]{12,128}\b)
    | (?P<account>\b[A-Z]{2}\d{2}(?:\ ?[A-Z0-9]{4}){3,7}(?:\ ?[A-Z0-9]{1,3})?\b)
    | (?P<phone>(?<![\w.,-])(?:\+|00)?\(?\d{1,4}\)?(?:[\ .-]?\(?\d{2,5}\)?){1,5}(?![\w,]|\.\d|-\d))
    """,
    re.VERBOSE,
)
_DIGIT = re.compile(r"\d")
_FIGURES_POSSIBLE = tuple(
    re.compile(pattern) for pattern in (r"\d[\d ().-]{6}", r"[0-9a-fA-F]{12}", r"[A-Z]{2}\d\d", r":[0-9a-fA-F]*:")
)
"""One after the other is four times as fast as one pattern of alternatives."""
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 9, 19
_NOT_DIGITS = re.compile(r"\D")
_SQUEEZED = re.compile(r"[\W_]+")
_YEARS_OR_DATE = re.compile(r"(?:(?:19|20)\d\d[ -]?)+|(?:19|20)\d\d[-. ]\d\d?[-. ]\d\d?(?:[ ]\d\d)?|\d+(?: \d+)+")
_MARKED_PHONE = re.compile(r"^(?:\+|00)|[().]|\d-\d")


def lift(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with a HOLE for each identifier, and the identifiers by kind, each as "kind:canonical form"."""
    found: list[str] = []

    def taken(match: re.Match[str]) -> str:
        form = _canonical(match.lastgroup or "", match.group())
        if form is None:
            return match.group()
        found.append(form)
        return f" {HOLE} "

    if "://" in text or "www." in text:
        text = _URL.sub(taken, text)
    if "@" in text:
        text = _EMAIL_OR_HANDLE.sub(taken, text)
    if "." in text and _DOMAINS.search(text):
        text = _HOST.sub(taken, text)
    if "/" in text or "\\" in text:
        text = _PATH.sub(taken, text)
    if _DIGIT.search(text) and any(possible.search(text) for possible in _FIGURES_POSSIBLE):
        text = _FIGURES.sub(taken, text)
    return text, tuple(found)


def _canonical(kind: str, written: str) -> str | None:
    """The form two spellings of one thing share; None where it is no identifier after all."""
    if kind in ("url", "host"):
        bare = written.rstrip(".,;:!?)]}").removesuffix("/")
        scheme, _, rest = bare.rpartition("://")
        host, slash, path = rest.partition("/")
        if scheme.lower() not in ("", "http", "https"):
            host = f"{scheme}://{host}"
        return f"url:{host.lower().removeprefix('www.')}{slash}{path}"
    if kind == "phone":
        return _phone(written)
    if kind == "account":
        return "account:" + written.replace(" ", "")
    if kind == "path":
        return "path:" + written.rstrip("/") if len(written) > 2 else None
    if kind == "ip":
        return None if ":" in written and written.replace(":", "").isdecimal() else "ip:" + written.lower()
    return f"{kind}:{written.lower()}"


def _phone(written: str) -> str | None:
    digits = _NOT_DIGITS.sub("", written)
    if not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX or _YEARS_OR_DATE.fullmatch(written):
        return None
    return "phone:" + digits.removeprefix("00") if _MARKED_PHONE.search(written) else None


def agree(question: Question, candidate: Candidate, policy: Policy) -> Reason | None:
    """An answer about one address, account or file is not served to a question about another."""
    asked, stored = question.features.identifiers, candidate.features.identifiers
    if asked == stored or candidate.exact:
        return None
    if _all_named(asked, stored, candidate.text) and _all_named(stored, asked, question.text):
        return None
    return Reason("identifiers.differ", *measures(question, candidate, policy))


def measures(question: Question, candidate: Candidate, policy: Policy) -> tuple[object, object]:
    """How many identifiers the stored question names, against how many the asked one does. They are not shown."""
    return len(candidate.features.identifiers), len(question.features.identifiers)


def _all_named(forms: tuple[str, ...], others: tuple[str, ...], text: str) -> bool:
    """Does the other text, whose identifiers are `others`, name each of these too, if in another spelling?"""
    missing = [form for form in forms if form not in others]
    if not missing:
        return True
    squeezed = _SQUEEZED.sub("", text.lower())
    return all(_named(form, others, squeezed) for form in missing)


def _named(form: str, others: tuple[str, ...], squeezed: str) -> bool:
    kind, _, value = form.partition(":")
    if kind == "phone":
        phones = (other[6:] for other in others if other.startswith("phone:"))
        if any(phone.endswith(value[-9:]) and (phone.endswith(value) or value.endswith(phone)) for phone in phones):
            return True
    if kind == "url" and "/" not in value and not any(other.startswith("url:") for other in others):
        value = value.rpartition(".")[0]
    return _SQUEEZED.sub("", value.lower()) in squeezed

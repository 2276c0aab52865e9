"""What goes first when there is no room: the answer whose loss costs least per byte it frees. Pure functions.

    score = dollars to make it again x expected uses x how much of that use no other entry could serve / bytes

Time is counted in turns: one turn is as many uses (hits and stores) as there are entries, so that nothing here has to
be tuned to how busy a server is. No clock, no randomness, no index: who calls brings what was measured.
Decision 0008 holds the comparison with LRU, LFU and GDSF that chose the constants.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import NamedTuple, TypeVar

HALF_LIFE_TURNS = 32.0
"""Uses this long ago count half."""
PRIOR_TURNS = 2.0
"""An entry used just now is expected back in this time, not at once; keeps newcomers from outranking everything."""
NEED_MIN = 0.1
"""What at least counts of an entry whose question another one would answer: it has paraphrases of its own."""
SAMPLE = 8
"""Entries drawn for one eviction, beside those in the pool."""
POOL_MAX = 16
"""The lowest of earlier draws that are looked at again."""
BYTES_PER_TOKEN = 4
"""A rough mean over English text; only the ratio between entries matters."""

Item = TypeVar("Item", bound=Hashable)


class Price(NamedTuple):
    """US dollars per million tokens of a class of models."""

    question_usd: float
    answer_usd: float


SMALL_PRICE, MIDDLE_PRICE, LARGE_PRICE = Price(0.2, 0.8), Price(2.5, 10.0), Price(15.0, 60.0)

PRICES: tuple[tuple[tuple[str, ...], Price], ...] = (
    (("mini", "nano", "flash", "haiku", "lite", "small", "tiny", "-7b", "-8b"), SMALL_PRICE),
    (("opus", "ultra", "large", "-pro", "405b"), LARGE_PRICE),
)
"""A word in the model's name (in small letters), first row first; a name without any, or none, is MIDDLE_PRICE.

Orders of magnitude, not a price list: used only where CSET named no COST.
"""


class Parts(NamedTuple):
    """A score with everything that went into it: score = cost_usd * rate * need / size_bytes."""

    score: float
    cost_usd: float
    frequency: float
    """Uses so far, older ones counting less."""
    idle_turns: float
    rate: float
    """Uses expected per turn, from frequency and recency."""
    need: float
    """Share of its use that no other entry could serve."""
    size_bytes: int


def regeneration_usd(model: str, question_bytes: int, answer_bytes: int) -> float:
    """What making the answer again costs, as far as sizes and the model's name tell. Always above zero."""
    name = model.lower()
    price = next((price for words, price in PRICES if any(word in name for word in words)), MIDDLE_PRICE)
    dollars = (question_bytes + 1) * price.question_usd + (answer_bytes + 1) * price.answer_usd
    return dollars / BYTES_PER_TOKEN / 1e6


def faded(frequency: float, idle_turns: float) -> float:
    """A frequency after this long without a use."""
    return float(frequency * 2.0 ** (-idle_turns / HALF_LIFE_TURNS))


def need_of(isolation: float, isolation_min: float) -> float:
    """How much an entry is needed, given 1 - similarity of the nearest entry that could answer in its place.

    `isolation_min` is 1 - the similarity look-ups ask for: beyond it no other entry serves.
    """
    if isolation >= isolation_min:
        return 1.0
    return max(NEED_MIN, isolation / isolation_min)


def score(cost_usd: float, frequency: float, idle_turns: float, need: float, size_bytes: int) -> float:
    """Dollars kept per byte and turn by keeping the entry; the lowest goes first."""
    return faded(frequency, idle_turns) / (idle_turns + PRIOR_TURNS) * cost_usd * need / size_bytes


def parts_of(cost_usd: float, frequency: float, idle_turns: float, need: float, size_bytes: int) -> Parts:
    """The same score with its parts, for people."""
    now = faded(frequency, idle_turns)
    total = score(cost_usd, frequency, idle_turns, need, size_bytes)
    return Parts(total, cost_usd, now, idle_turns, now / (idle_turns + PRIOR_TURNS), need, size_bytes)


def choose(pool: Iterable[Item], drawn: Iterable[Item], scored: Callable[[Item], float]) -> tuple[Item, list[Item]]:
    """The item with the lowest score among pool and draw, and the next lowest as the pool for the next time."""
    ranked = sorted(dict.fromkeys((*pool, *drawn)), key=scored)
    return ranked[0], ranked[1 : POOL_MAX + 1]

"""What questions are for: the twelve intents, how far an answer to each may be reused and for how long.

INTENTS is the one table; the settings intent_postures, intent_shelf_lives and intent_bars override its columns, a
cell at a time. Which intent a text has is worked out in match/intent.py.
SAME_USER says who counts as the same person.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

POSTURES: dict[str, str] = {
    "free": "Served to every question that means the same.",
    "cautious": "Served where the stored question has the same intent as well.",
    "payload": "Served where the material worked on is the same, word for word; the instruction may be reworded.",
    "verbatim": "Served where the texts are the same but for politeness, capitals of ordinary words and end marks.",
    "never": "Not served, not even to the very same words.",
}
"""How far an answer may be reused, from the widest to the narrowest. Of two questions the narrower one counts."""

SAME_USER = (
    "Who asks is not known: a tenant or a namespace may hold one person or a million. So nobody counts as the same "
    "user: what is to be done for somebody is served to nobody, not even to the very same words, and what is "
    "somebody's own only for practically the same words. Where that is still too much (one tenant, many people, their "
    "own records), set `intent_postures` to `personal=never`; where each person has a tenant or namespace of their "
    "own, `personal=free, transactional=verbatim` lose nothing. Asking when or where something is that a firm sends "
    "everybody (a card, a PIN, a transfer) counts as a way to mend what went wrong; where the answers to it hold what "
    "is one person's own, store them in a namespace of that person."
)
"""For people, printed below the table."""

STRICTNESS = {name: place for place, name in enumerate(POSTURES)}

HOUR_S = 3_600
DAY_S = 24 * HOUR_S


class IntentRow(NamedTuple):
    """One row of INTENTS."""

    name: str
    meaning: str
    """For people: what such a question asks for."""
    posture: str
    """One of POSTURES."""
    shelf_life_s: int
    """How long an answer stored without EX or PX lives; 0: no end of its own."""
    confidence_min: float | None
    """The bar its candidates must reach; None: the general one."""
    reason: str = ""
    """Why its bar is not the general one."""


INTENTS: tuple[IntentRow, ...] = (
    IntentRow("factual", "A fact that stays: who, when, where, how many.", "free", 0, None),
    IntentRow("conceptual", "An explanation: what something is, why, how it works.", "free", 0, None),
    IntentRow("procedural", "A way to do something or to mend what went wrong.", "free", 0, None),
    IntentRow("comparison", "How named things differ, or which of them is more.", "free", 0, None),
    IntentRow("recommendation", "Advice or a choice: the best, a suggestion, should I.", "free", 30 * DAY_S, None),
    IntentRow("transactional", "Something to be done for the asker: cancel, send, book.", "never", 300, None),
    IntentRow("temporal", "What changes by itself: weather, prices, scores, who holds an office.", "free", DAY_S, None),
    IntentRow("personal", "The asker's own records, circumstances or feelings.", "verbatim", HOUR_S, None),
    IntentRow("creative", "A text to be made up: a poem, a letter, names.", "verbatim", 0, None),
    IntentRow("code", "A program to be written, read or mended.", "payload", 0, None),
    IntentRow("transform", "A given text to translate, summarise, extract from, classify.", "payload", 0, None),
    IntentRow("conversational", "Small talk: greetings, thanks, yes and no, questions about you.", "cautious", 0, None),
    IntentRow(
        "unread",
        "None of the twelve: a text in a language the cues do not know.",
        "cautious",
        0,
        0.97,
        "Gates that read English are blind to it, so likeness alone must tell.",
    ),
)
"""`crowkis docs` prints this table. The last row is no intent: it is what is done where none can be told."""

NAMES = tuple(row.name for row in INTENTS)

PACES: dict[str, int] = {"live": 300, "daily": HOUR_S}
"""How fast what is asked moves, with a shelf life each: by the minute (now, a price, a score) or by the day (today,
the weather, the news). Found in questions of every intent; the shorter of the two shelf lives counts."""


class Intent(NamedTuple):
    """What a text is for, as far as its words tell."""

    name: str
    score: float
    """0 to 1: how much of the evidence speaks for it. Not a probability."""
    pace: str
    """A key of PACES, or empty."""


UNREAD = Intent("unread", 0.0, "")


Cell = TypeVar("Cell")


class Column(dict[str, Cell]):
    """A column of INTENTS with what the operator overrides. As text: `name=cell` pairs."""

    def __str__(self) -> str:
        return ", ".join(f"{name}={'' if cell is None else cell}" for name, cell in self.items())


POSTURE_COLUMN = Column({row.name: row.posture for row in INTENTS})
BAR_COLUMN = Column({row.name: row.confidence_min for row in INTENTS})
SHELF_LIFE_COLUMN = Column({row.name: row.shelf_life_s for row in INTENTS} | PACES)


def shelf_life_s(intent: Intent, column: Mapping[str, int]) -> int:
    """How long an answer to such a question keeps; 0: no end."""
    own, moving = column[intent.name], column[intent.pace] if intent.pace else 0
    return min(own, moving) if own and moving else own or moving

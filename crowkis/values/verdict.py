"""Why something was served or kept or not: reasons are public, dotted and stable."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from crowkis.values.question import Candidate, Policy, Question


class ReasonRow(NamedTuple):
    """One row of REASONS."""

    id: str
    gate: str
    """The rule's name as CEXPLAIN shows it; "kept" where it is about leaving, as CWHYEVICT shows it."""
    meaning: str


REASONS: tuple[ReasonRow, ...] = (
    ReasonRow("tenancy.other-tenant", "tenancy", "The stored answer belongs to another tenant."),
    ReasonRow("tenancy.other-namespace", "tenancy", "The stored answer lies in another namespace."),
    ReasonRow("tenancy.other-model", "tenancy", "The stored answer was made by another model or model version."),
    ReasonRow("tags.missing", "tags", "The stored answer does not carry every tag asked for."),
    ReasonRow("embedder.other-space", "embedder", "The two questions were embedded by different embedders."),
    ReasonRow("freshness.expired", "freshness", "The stored answer's time is up."),
    ReasonRow("image.differs", "image", "The questions are about different images, or only one is about an image."),
    ReasonRow("image.ambiguous", "image", "Several answers about this image are stored and no question was asked."),
    ReasonRow("context.other-instructions", "context", "The questions were asked under different system messages."),
    ReasonRow("context.other-history", "context", "A question leans on what was said before, which differs."),
    ReasonRow("context.not-told", "context", "A question makes no sense alone, and no CONTEXT was told."),
    ReasonRow("trust.too-low", "trust", "The source the answer stands on has lost too much trust."),
    ReasonRow("feedback.flagged", "flagged", "This answer was reported as wrong for this question."),
    ReasonRow("feedback.complaints", "complaints", "The entry was reported before and does not match well enough."),
    ReasonRow("reuse.never", "reuse", "What one of the questions asks to be done must be done anew each time."),
    ReasonRow("reuse.not-verbatim", "reuse", "Such an answer serves practically the same words only (see intents)."),
    ReasonRow("reuse.other-payload", "reuse", "The material to be worked on is not the same, word for word."),
    ReasonRow("reuse.other-intent", "reuse", "The questions are for different things (see CINTENT)."),
    ReasonRow(
        "days.passed", "days", "The stored question counts days from another day: its tomorrow is no longer tomorrow."
    ),
    ReasonRow(
        "identifiers.differ", "identifiers", "The questions name different addresses, accounts, files or the like."
    ),
    ReasonRow("numbers.differ", "numbers", "The questions name different numbers, dates or amounts."),
    ReasonRow("quoted.differ", "quoted", "The questions quote different text."),
    ReasonRow("names.differ", "names", "Each question names somebody or something that the other does not."),
    ReasonRow("language.differs", "language", "The answers are asked for in different languages."),
    ReasonRow("layout.differs", "layout", "The answers are asked for in different forms (bullets, JSON, short, ...)."),
    ReasonRow("negation.differs", "negation", "One question negates what the other asks."),
    ReasonRow("contrast.opposite", "contrast", "One question asks for the contrary of the other, or for another deed."),
    ReasonRow(
        "contrast.roles", "contrast", "Two things have changed places: from and to, who and whom, before and after."
    ),
    ReasonRow(
        "contrast.substitution", "contrast", "The questions are alike but for one thing that each names otherwise."
    ),
    ReasonRow("contrast.scope", "contrast", "The questions are alike but for a restriction that only one states."),
    ReasonRow("budget.exceeded", "budget", "Serving with so little confidence would exceed the error budget."),
    ReasonRow("similarity.below-bar", "similarity", "The questions are not similar enough."),
    ReasonRow("confidence.below-bar", "confidence", "It is not sure enough that the stored answer is right."),
    ReasonRow("candidates.none", "candidates", "Nothing is stored that could be compared."),
    ReasonRow("embedder.down", "embedder", "No vector could be made, so only exact matches were looked for."),
    ReasonRow("kept.expired", "kept", "The answer left the cache because its time was up."),
    ReasonRow("kept.evicted", "kept", "The answer made room: losing it cost least per byte (see CWHYEVICT)."),
    ReasonRow("kept.quota", "kept", "The answer was its tenant's least lately used, and the quota was used up."),
    ReasonRow("kept.deleted", "kept", "The answer was removed by name (CDELETEENTRY)."),
    ReasonRow("kept.reported", "kept", "The answer was reported as wrong (CFEEDBACK BAD)."),
    ReasonRow("kept.flushed", "kept", "The answer was removed with its namespace, its tenant or everything."),
)
"""`crowkis docs` prints this table; `crowkis_refusals_total{reason=...}` counts them."""


class Reason(NamedTuple):
    """An objection to serving a candidate: what was measured against which limit."""

    id: str
    measure: object
    limit: object


class Verdict(NamedTuple):
    """What judge() decided about one candidate, with everything it saw, so that explain() can run again."""

    question: "Question"
    candidate: "Candidate"
    policy: "Policy"
    objection: Reason | None

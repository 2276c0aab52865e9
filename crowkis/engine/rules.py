"""The gates a stored answer must pass before it is served, in order. The order is the policy: this is the only place.

Whose answer it is comes first, then whether it is still good and may be used again, then what the two questions say,
and how similar they are last, so that an explanation names the plainest objection.
"""

from crowkis.guard import reports, tags, tenancy, trust
from crowkis.lifecycle import freshness
from crowkis.match import (
    confidence,
    context,
    contrast,
    days,
    entities,
    identifiers,
    image,
    languages,
    layout,
    negation,
    numbers,
    quoted,
    reuse,
    similarity,
    space,
    thresholds,
)
from crowkis.values.question import Gate

OWN_RULES: tuple[Gate, ...] = (
    Gate("tenancy", tenancy.same, tenancy.measures),
    Gate("embedder", space.same, space.measures),
    Gate("freshness", freshness.fresh, freshness.measures),
    Gate("days", days.still_the_same, days.measures),
    Gate("image", image.same, image.measures),
    Gate("context", context.same, context.measures),
    Gate("tags", tags.carried, tags.measures),
)
"""What a stored question must pass to be this client's at all; those that do not are no company for a candidate."""

MEANING_RULES: tuple[Gate, ...] = (
    Gate("identifiers", identifiers.agree, identifiers.measures),
    Gate("numbers", numbers.agree, numbers.measures),
    Gate("quoted", quoted.agree, quoted.measures),
    Gate("names", entities.agree, entities.measures),
    Gate("language", languages.agree, languages.measures),
    Gate("layout", layout.agree, layout.measures),
    Gate("negation", negation.agree, negation.measures),
    Gate("contrast", contrast.agree, contrast.measures),
)
"""What two questions must agree in to be practically one; how similar they are is asked apart."""

GATE_RULES: tuple[Gate, ...] = (
    *OWN_RULES,
    Gate("trust", trust.enough, trust.measures),
    Gate("flagged", reports.unflagged, reports.flag_measures),
    Gate("reuse", reuse.allowed, reuse.measures),
    *MEANING_RULES,
)
"""An objection of one of these is a veto: no confidence outweighs it."""

BAR_RULES: tuple[Gate, ...] = (
    Gate("complaints", reports.unsuspected, reports.complaint_measures),
    Gate("budget", thresholds.within_budget, thresholds.measures),
    Gate("similarity", similarity.enough, similarity.measures),
    Gate("confidence", confidence.enough, confidence.measures),
)

SERVE_RULES: tuple[Gate, ...] = GATE_RULES + BAR_RULES

NAMED_RULES: tuple[Gate, ...] = tuple(gate for gate in GATE_RULES if gate.name in ("tenancy", "freshness", "tags"))
"""Enough where a text is a name and not a question (BY NAME)."""

_FOR_EXACT = ("tenancy", "tags", "freshness", "days", "image", "context", "trust", "flagged", "reuse")
EXACT_RULES: tuple[Gate, ...] = tuple(gate for gate in SERVE_RULES if gate.name in _FOR_EXACT)
"""Enough for an exact match: the texts are the same, so the other gates have nothing to object to (a test says so)."""

"""Words that show what the cache reads in a text, without looking anything up."""

from typing import Any

from crowkis.commands.args import TEXT, arg
from crowkis.commands.registry import command
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.engine.lookup import Asked, policy_of
from crowkis.match.intent import reading
from crowkis.values.intent import shelf_life_s
from crowkis.values.question import CONFIDENCE, Scope
from crowkis.values.reply import Reply

_ANYBODY = Scope("default", "", "", "")


@command("CINTENT", arg("text", TEXT), category="semantic")
def cintent(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell what a text is for and by which cues, and what follows: reuse, bar and shelf life."""
    intent, cues = reading(args.text)
    settings = engine.settings
    asked = Asked(args.text, _ANYBODY, frozenset(), None, None)
    policy = policy_of(engine, asked, engine.embedder.fingerprint, intent)
    return {
        "intent": intent.name,
        "score": intent.score,
        "evidence": [str(cue) for cue in cues],
        "posture": settings.intent_postures[intent.name],
        "metric": policy.metric,
        "bar": policy.confidence_min if policy.metric == CONFIDENCE else policy.similarity_min,
        "shelf_life_s": shelf_life_s(intent, settings.intent_shelf_lives),
        "pace": intent.pace,
    }

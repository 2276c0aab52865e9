"""Calls that need not be made: each is counted with its tokens and its price, and told to whoever wants to know.

Whoever notes one never waits and never fails. What is told names tenant, model and kind; questions and answers are not
in it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from crowkis.metrics import Metrics
from crowkis.upstream.prices import Prices
from crowkis.upstream.webhook import Webhook
from crowkis.wire.shape import Tokens

EXACT, SEMANTIC, COALESCED, EMBEDDING = "exact", "semantic", "coalesced", "embedding"


class SavedCall(NamedTuple):
    """One call of an upstream that was not made."""

    kind: str
    """exact, semantic, coalesced or embedding."""
    path: str
    tenant: str
    model: str
    """As it was asked for."""
    prompt_tokens: int
    completion_tokens: int
    usd: float | None
    """None: the table has no price for the model."""
    at_ms: int


class Saved:
    """All of them."""

    def __init__(
        self,
        metrics: Metrics,
        prices: Prices,
        webhook: Webhook | None,
        tell: Callable[[SavedCall], None],
        now_ms: Callable[[], int],
    ) -> None:
        """`tell` writes to the log, if it is wanted."""
        self._metrics = metrics
        self._prices = prices
        self._webhook = webhook
        self._tell = tell
        self._now_ms = now_ms

    def note(self, kind: str, path: str, tenant: str, model: str, answer: dict[str, Any], tokens: Tokens) -> SavedCall:
        """`answer` served where `model` was asked for; the price is that of the model the answer names."""
        usd = self._prices.usd_of(tokens, str(answer.get("model", "")), model)
        call = SavedCall(kind, path, tenant, model, tokens.prompt, tokens.completion, usd, self._now_ms())
        self._metrics.count("gateway_tokens_saved_total", tokens.total)
        self._metrics.count_for("gateway_saved_calls_total", kind)
        if usd is not None:
            self._metrics.count_for("gateway_money_saved_usd_total", kind, usd)
        self._tell(call)
        if self._webhook is not None:
            self._webhook.offer(call._asdict())
        return call

    async def close(self) -> None:
        """Tell what has not been told, as far as that is quick."""
        if self._webhook is not None:
            await self._webhook.close()

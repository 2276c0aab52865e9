"""Log events to stderr, one line each, for people or as JSON. Prompts and answers never pass through here."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog


def new_log(level: str, structured: bool) -> Callable[..., None]:
    """log(event, level="info", **facts): a line on stderr if the level is severe enough."""
    renderer: Any
    if structured:
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=14)
    logger = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
    )

    def log(event: str, level: str = "info", **facts: Any) -> None:
        getattr(logger, level)(event, **facts)

    return log

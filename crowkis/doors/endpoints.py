"""What the HTTP door offers, as a table: routes, checks of what comes in and the OpenAPI document are made from it.

An endpoint's query and body are msgspec Structs: unknown fields are refused, wrong ones are named. Errors are
{"error": {"code", "message"}}.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from crowkis.doors.bodies import CLIENT_CLOSED, RefusedError, body_of, malformed
from crowkis.doors.guests import Guests, Visitor
from crowkis.engine.inside import Caller, CallRefusedError

STATUS_OF = {
    "BUSY": 503, "LOADING": 503, "MISCONF": 503, "EMBEDDER": 503, "OOM": 507, "QUOTA": 507, "NOPERM": 403,
    "NOAUTH": 401, "DENIED": 401,
}  # fmt: skip
"""Of the engine's refusals; any other is the request's own fault: 400."""
JSON = "application/json"
NOBODY = None
"""In place of a visitor, where nobody needs to be known."""


class Error(msgspec.Struct):
    """What went wrong."""

    code: str
    message: str


class Problem(msgspec.Struct):
    """The body of every answer with a status of 400 and above."""

    error: Error


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """A query or body; those of endpoints derive from it."""


class Visit(NamedTuple):
    """One request let in, its parts checked."""

    request: Request
    visitor: Visitor
    query: Any
    body: Any

    @property
    def caller(self) -> Caller:
        """The client of the engine that asks for it."""
        return self.visitor.caller

    def tenant(self, asked: str | None) -> bytes:
        """See Visitor.tenant_for()."""
        return self.visitor.tenant_for(asked).encode()

    def part(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])


Run = Callable[[Visit], Awaitable[object]]


class Endpoint(NamedTuple):
    """One way to ask: `run` returns a value to be told as JSON, or a whole Response."""

    method: str
    path: str
    may: frozenset[str] | None
    """The roles let in; None: everybody, and the endpoint looks itself."""
    summary: str
    run: Run
    answer: Any = dict[str, Any]
    """Type of what `run` returns; bytes: the endpoint's own media type."""
    query: type[Asked] | None = None
    body: type[Asked] | None = None
    raw_bytes_max: int = 0
    """Above 0: the body is bytes of any type, so many at most, and comes as they are."""
    status: int = 200
    also: dict[int, str] = {}
    """Further statuses and what they mean."""


def routes_of(endpoints: Sequence[Endpoint], guests: Guests) -> list[Route]:
    """One route per path, so that a wrong method is told as such."""
    by_path: dict[str, dict[str, Endpoint]] = {}
    for row in endpoints:
        by_path.setdefault(row.path, {})[row.method] = row
    return [_route(path, by_method, guests) for path, by_method in by_path.items()]


def _route(path: str, by_method: dict[str, Endpoint], guests: Guests) -> Route:
    async def endpoint(request: Request) -> Response:
        row = by_method["GET" if request.method == "HEAD" else request.method]
        try:
            if row.may is None:
                return told(await row.run(await _visit(row, request, NOBODY)), row.status)
            async with guests.visit(request, row.may) as visitor:
                return told(await row.run(await _visit(row, request, visitor)), row.status)
        except RefusedError as refused:
            return problem(refused.status, refused.kind, str(refused), refused.headers)
        except CallRefusedError as refused:
            text = str(refused)
            return problem(STATUS_OF.get(refused.code, 400), refused.code, text.partition(" ")[2] or text)
        except ClientDisconnect:
            return Response(status_code=CLIENT_CLOSED)

    return Route(path, endpoint, methods=list(by_method))


def told(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON."""
    if isinstance(value, Response):
        return value
    return Response(msgspec.json.encode(value), status, headers, JSON)


def problem(status: int, code: str, text: str, headers: dict[str, str] | None = None) -> Response:
    """An error as every endpoint tells it."""
    return told(Problem(Error(code, text)), status, headers)


async def _visit(row: Endpoint, request: Request, visitor: Any) -> Visit:
    return Visit(request, visitor, _query(row, request), await _body(row, request))


def _query(row: Endpoint, request: Request) -> Any:
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) != len(pairs):
        raise malformed("each parameter of the query may be given once")
    if row.query is None and given:
        raise malformed(f"there is no parameter '{next(iter(given))[:64]}'")
    return None if row.query is None else _converted(given, row.query, strict=False)


async def _body(row: Endpoint, request: Request) -> Any:
    if row.raw_bytes_max:
        return await body_of(request, row.raw_bytes_max)
    body = await body_of(request)
    if row.body is None:
        return None
    try:
        return msgspec.json.decode(body, type=row.body)
    except msgspec.ValidationError as error:
        raise malformed(_shown(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise malformed("the body must be JSON") from None


def _converted(given: dict[str, str], kind: type[Asked], strict: bool) -> Any:
    try:
        return msgspec.convert(given, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise malformed(_shown(error)) from None


def _shown(error: msgspec.ValidationError) -> str:
    return str(error).replace("`", "'")[:500]


def text_of(value: Any) -> Any:
    """A reply of the engine with its bytes as text, for JSON."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {text_of(name): text_of(part) for name, part in value.items()}
    if isinstance(value, list):
        return [text_of(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value

"""GET /openapi.json: what the HTTP door offers, as OpenAPI 3.1 describes it, worked out from the table of endpoints.

The gateway and LangCache's surface speak APIs that are described by those they belong to; here they are named only.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from crowkis import __version__
from crowkis.doors.endpoints import JSON, Asked, Endpoint, Problem, Visit

CACHE = "/v1/caches/{cacheId}"
ELSEWHERE = (
    ("post", "/v1/chat/completions", "OpenAI's chat completions, answered from the cache where that is right"),
    ("post", "/v1/responses", "OpenAI's responses, likewise"),
    ("post", "/v1/completions", "OpenAI's completions, likewise"),
    ("post", "/v1/embeddings", "OpenAI's embeddings, from the cache for the very same request"),
    ("get", "/v1/models", "OpenAI's list of models, passed through"),
    ("post", "/v1/messages", "Anthropic's messages, answered from the cache where that is right"),
    ("post", f"{CACHE}/entries", "LangCache: store an answer"),
    ("delete", f"{CACHE}/entries", "LangCache: remove answers by their attributes"),
    ("post", f"{CACHE}/entries/search", "LangCache: look an answer up"),
    ("delete", f"{CACHE}/entries/{{entryId}}", "LangCache: remove an answer"),
    ("post", f"{CACHE}/flush", "LangCache: remove all answers"),
    ("get", f"{CACHE}/health", "LangCache: tell whether the cache is up"),
)
USUAL = {
    400: "The request cannot be understood.", 401: "No credentials, or wrong ones.",
    403: "The caller's role does not allow it.", 408: "The body did not come.", 413: "The body is too large.",
    415: "The body is packed.", 429: "Too many calls.", 503: "The server cannot do it now; Retry later.",
    507: "There is no room.",
}  # fmt: skip
REF = "#/components/schemas/{name}"


class Document:
    """The description of a table of endpoints."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._endpoints = (*endpoints, *self.endpoints())

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The document itself."""
        return (Endpoint("GET", "/openapi.json", None, "This description", self._show),)

    async def _show(self, visit: Visit) -> object:
        return described(self._endpoints)


def described(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole document."""
    types = [kind for row in endpoints for kind in (row.body, row.answer) if kind not in (None, bytes)]
    shown, schemas = msgspec.json.schema_components([*types, Problem], ref_template=REF)
    schema_of = dict(zip(map(repr, [*types, Problem]), shown, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for row in endpoints:
        path = re.sub(r":\w+}", "}", row.path)
        paths.setdefault(path, {})[row.method.lower()] = _operation(row, path, schema_of)
    for method, path, summary in ELSEWHERE:
        names = re.findall(r"{(\w+)}", path)
        operation: dict[str, Any] = {
            "summary": summary,
            "parameters": [_parameter(name, "path", {"type": "string"}, True) for name in names],
            "responses": {"default": {"description": "As that API describes it."}},
        }
        if method == "post":
            operation["requestBody"] = {"required": True, "content": {JSON: {"schema": {"type": "object"}}}}
        paths.setdefault(path, {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Crowkis", "version": __version__, "license": {"name": "Apache-2.0"}},
        "security": [{}, {"bearer": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "x-crowkis-key"},
            },
        },
    }


def _operation(row: Endpoint, path: str, schema_of: dict[str, Any]) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", path)
    parameters = [_parameter(name, "path", {"type": "string", "minLength": 1}, True) for name in names]
    found: dict[str, Any] = {"summary": row.summary, "parameters": parameters + _query(row.query)}
    if row.raw_bytes_max:
        found["requestBody"] = {"required": True, "content": {"*/*": {"schema": {}}}}
    elif row.body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schema_of[repr(row.body)]}}}
    right: dict[str, Any] = {"description": "Done."}
    if row.answer is bytes:
        right["content"] = {"*/*": {"schema": {}}}
    elif row.answer is not None:
        right["content"] = {JSON: {"schema": schema_of[repr(row.answer)]}}
    wrong = {"content": {JSON: {"schema": schema_of[repr(Problem)]}}}
    told = {**USUAL, **row.also}
    found["responses"] = {str(row.status): right} | {
        str(code): {"description": text, **wrong} for code, text in told.items()
    }
    return found


def _query(kind: type[Asked] | None) -> list[dict[str, Any]]:
    if kind is None:
        return []
    (shown,), schemas = msgspec.json.schema_components([kind], ref_template=REF)
    schema = schemas[kind.__name__] if "$ref" in shown else shown
    needed = schema.get("required", ())
    return [_parameter(name, "query", part, name in needed) for name, part in schema["properties"].items()]


def _parameter(name: str, place: str, schema: dict[str, Any], needed: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": needed, "schema": schema}

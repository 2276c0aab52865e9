"""Promises of crowkis/doors/openapi.py: everything offered is described, with what it takes and what it may answer."""

import json

import msgspec
import pytest

from crowkis.doors import apikeys, kv, rest
from crowkis.doors.openapi import Document, described

ROWS = (*kv.ENDPOINTS, *rest.ENDPOINTS, *apikeys.ENDPOINTS, *Document(()).endpoints())


@pytest.fixture(scope="module")
def document():
    return json.loads(msgspec.json.encode(described(ROWS)))


def test_every_endpoint_is_there_under_its_method(document):
    told = {(method.upper(), path) for path, row in document["paths"].items() for method in row}

    assert {(row.method, row.path.replace(":text}", "}")) for row in ROWS} <= told
    assert ("POST", "/v1/chat/completions") in told


def test_every_reference_leads_somewhere(document):
    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            for part in value.values():
                yield from references(part)
        elif isinstance(value, list):
            for part in value:
                yield from references(part)

    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= names
    assert "#/components/schemas/Problem" in names


def test_parts_of_the_path_and_the_query_are_parameters(document):
    put = document["paths"]["/v1/cache/kv/{tenant}/{key}"]["put"]

    assert [("tenant", "path", True), ("key", "path", True), ("ttl_seconds", "query", False)] == [
        (row["name"], row["in"], row["required"]) for row in put["parameters"]
    ]
    assert {"204", "400", "401", "403", "404", "413", "507"} <= set(put["responses"])
    assert {"*/*"} == set(put["requestBody"]["content"])


def test_wrong_roles_and_errors_are_described_for_all(document):
    for path, row in document["paths"].items():
        for method, operation in row.items():
            assert operation["summary"], path
            if "default" not in operation["responses"]:
                assert {"400", "401", "403", "429"} <= set(operation["responses"]), (method, path)

"""The document the server tells of itself is true: schemathesis asks by it, and every answer is one it describes."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

pytestmark = pytest.mark.process

TOKEN = "the server's own token"
ELSEWHERE = (
    "/v1/chat",
    "/v1/messages",
    "/v1/caches/",
    "/v1/completions",
    "/v1/responses",
    "/v1/embeddings",
    "/v1/models",
)
"""Described by those whose APIs they are."""
ENDLESS = ("/api/metrics/stream",)
"""Its answer has no end to wait for; see tests/doors/test_live.py."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
          response_headers_conformance]  # fmt: skip
EXAMPLES = 25


@pytest.fixture(scope="module")
def server(start_module_server):
    return start_module_server(environ={"CROWKIS_AUTH_TOKEN": TOKEN})


@pytest.fixture(scope="module")
def schema(server):
    return schemathesis.openapi.from_url(f"http://127.0.0.1:{server.http_port}/openapi.json")


@pytest.fixture(scope="module")
def operations(schema):
    found = [made.ok() for made in schema.get_all_operations()]
    found = [one for one in found if not one.path.startswith(ELSEWHERE + ENDLESS)]
    return sorted(found, key=lambda one: one.path == "/api/login")  # wrong keys slow their sender down


def test_the_document_is_valid_and_lists_the_management_api(schema, operations):
    schema.validate()

    assert {"/stats", "/api/v1/keys", "/v1/cache/quotas", "/api/v1/explain"} <= {one.path for one in operations}
    assert len(operations) >= 20


def test_whatever_is_asked_the_answer_is_one_that_is_described(server, operations):
    for operation in operations:
        _ask(operation, f"http://127.0.0.1:{server.http_port}")


def _ask(operation, base):
    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], database=None, derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(operation.as_strategy(), st.sampled_from(["", TOKEN, TOKEN]))
    def one(case, key):
        told = case.call(base_url=base, headers={"x-crowkis-key": key} if key else {})
        case.validate_response(told, checks=CHECKS)

    one()

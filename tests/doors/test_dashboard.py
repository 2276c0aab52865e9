"""Promises of crowkis/doors/dashboard.py: the page, its headers, and that it may load what it names."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from starlette.requests import Request

from crowkis.doors import dashboard
from crowkis.values.verdict import REASONS

PAGES = Path(dashboard.__file__).parent / "pages"


def get(path, **headers):
    route = next(row for row in dashboard.Dashboard().routes() if row.path == path)
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": told, "query_string": b""}
    return asyncio.run(route.endpoint(Request(scope)))


@pytest.mark.parametrize("path", [*dashboard.PAGES, "/dashboard.json"])
def test_each_part_comes_with_headers_that_let_nothing_else_in(path):
    response = get(path)

    assert 200 == response.status_code
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert ["nosniff", "DENY"] == [response.headers[name] for name in ("x-content-type-options", "x-frame-options")]


def test_a_part_that_has_not_changed_is_not_sent_again():
    response = get("/dashboard.js")
    again = get("/dashboard.js", if_none_match=response.headers["etag"])

    assert (304, b"") == (again.status_code, again.body)


def test_the_reasons_are_told_with_their_meaning():
    assert {row.id for row in REASONS} == json.loads(get("/dashboard.json").body).keys()


def test_the_page_holds_no_script_no_style_and_no_address_of_another_server():
    page = (PAGES / "dashboard.html").read_text("utf-8")

    assert [] == re.findall(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=", page)
    for name in ("dashboard.html", "dashboard.js", "dashboard.css"):
        text = (PAGES / name).read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert [] == re.findall(r"https?://|url\(|@import", text), name


def test_what_comes_from_outside_is_never_put_into_the_page_as_markup():
    script = (PAGES / "dashboard.js").read_text("utf-8")

    assert [] == re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script)


def test_everything_the_script_looks_for_is_on_the_page():
    page, script = ((PAGES / f"dashboard.{kind}").read_text("utf-8") for kind in ("html", "js"))
    ids = set(re.findall(r'\sid="([\w-]+)"', page))
    wanted = set(re.findall(r'\$\("([\w-]+)"\)', script)) - {"entry-more"}

    assert set() == wanted - ids

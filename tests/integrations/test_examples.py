"""The examples of docs/integrations.md are run as they stand, and print what stands behind their lines."""

import importlib.util
import os
import re
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
import redis

from crowkis.client import AsyncCrowkis, Crowkis

pytestmark = [pytest.mark.process, pytest.mark.model]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrations.md").read_text("utf-8")
EXAMPLES = {
    name: textwrap.dedent(text)
    for name, text in re.findall(r"<!-- example (\w+) -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
}
NEEDS = {"langchain": "langchain_core", "llama_index": "llama_index", "litellm": "litellm"}


@pytest.fixture(scope="module")
def server(start_module_server, model_flags, house_upstream):
    return start_module_server(*model_flags, "--gateway-upstreams", house_upstream.url, embedder="minilm")


@pytest.fixture
def here(server, wire, upstream, monkeypatch):
    """This machine's server is the one of this test, the models are a stand-in."""
    for client in (Crowkis, AsyncCrowkis):
        monkeypatch.setattr(client.__init__, "__defaults__", ("127.0.0.1", server.port))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "sk-me")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{upstream.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", upstream.url)
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    return server


def expected(text, mark="#"):
    """What the lines that print say they print, one after the other."""
    told = re.findall(rf"(?:print|console\.log)\(.*\){{1,3}};?\s+{mark} (.*)", text)
    return [part for line in told for part in re.split(r"(?<=the model), ", line)]


def test_every_example_says_what_it_prints():
    assert {"openai", "anthropic", "langchain", "llama_index", "litellm", "cached", "client", "gateway",
            "node"} == EXAMPLES.keys()  # fmt: skip
    assert all(expected(text, "//" if name == "node" else "#") for name, text in EXAMPLES.items())


@pytest.mark.parametrize("name", sorted(EXAMPLES.keys() - {"node"}))
def test_an_example_prints_what_it_says(here, capsys, name):
    if importlib.util.find_spec(NEEDS.get(name, "json")) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    text = EXAMPLES[name].replace(":6384/", f":{here.http_port}/")
    capsys.readouterr()
    try:
        exec(compile(text, f"docs/integrations.md ({name})", "exec"), {"__name__": name})
    finally:
        forget_caches()

    assert expected(text) == capsys.readouterr().out.splitlines()


def forget_caches():
    """Of frameworks that keep theirs for the whole process."""
    if "litellm" in sys.modules:
        sys.modules["litellm"].cache = None
    if "langchain_core.globals" in sys.modules:
        sys.modules["langchain_core.globals"].set_llm_cache(None)


def test_node_is_answered_from_what_python_asked(here, capsys, node_sdks):
    exec(EXAMPLES["gateway"].replace(":6384/", f":{here.http_port}/"), {})
    with redis.Redis(port=here.port, protocol=3) as client:
        deadline = time.monotonic() + 10
        while not client.execute_command("CVECCOUNT"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    (node_sdks / "example.js").write_text(EXAMPLES["node"].replace(":6384/", f":{here.http_port}/"))
    ran = subprocess.run(
        ["node", "example.js"], cwd=node_sdks, capture_output=True, text=True, timeout=60, check=False, env=os.environ
    )

    assert expected(EXAMPLES["node"], "//") == ran.stdout.splitlines(), ran.stderr

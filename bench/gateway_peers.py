"""How does the gateway stand beside LiteLLM's proxy: on an exact hit, and on a miss?

    pip install 'litellm[proxy]'        # in a virtual environment of its own
    python bench/gateway_peers.py --litellm PATH/bin/litellm [--requests 500] [--json FILE]

Both stand before the same stand-in for a model, each with its cache in its own memory (LiteLLM's `local`, which matches
exactly). One client on a kept connection, turns between the two and the bare stand-in; milliseconds.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gateway
from rig import HOST, bench_arguments, crowkis_server, machine, print_table, scratch, times, write_json

KEY = "sk-of-the-bench"
START_S_MAX = 90
CONFIG = """
model_list:
  - model_name: m
    litellm_params: {{model: openai/m, api_base: "{upstream}/v1", api_key: none}}
litellm_settings:
  cache: true
  cache_params: {{type: local}}
  telemetry: false
"""


def request_of(text: str) -> bytes:
    """A chat request with the key LiteLLM's proxy insists on."""
    return gateway.request_of(text).replace(b"Host:", b"Authorization: Bearer " + KEY.encode() + b"\r\nHost:", 1)


@contextmanager
def litellm_proxy(program: str, directory: Path, upstream: str) -> Iterator[int]:
    """LiteLLM's proxy before an upstream; its port."""
    port = gateway.free_port()
    config = directory / "litellm.yaml"
    config.write_text(CONFIG.format(upstream=upstream), "utf-8")
    environ = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MASTER_KEY": KEY}
    with (directory / "litellm.log").open("wb") as log:
        command = [program, "--config", str(config), "--host", HOST, "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ, cwd=directory)
    try:
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                gateway.Link(port).ask(request_of("Are you there?"))
                break
            except (OSError, KeyError):
                if time.monotonic() > deadline or process.poll() is not None:
                    sys.exit(
                        f"LiteLLM's proxy did not start:\n{(directory / 'litellm.log').read_text('utf-8')[-2000:]}"
                    )
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def measure(ports: dict[str, int], requests: int) -> dict[str, list[float]]:
    """Seconds by server and kind."""
    links = {name: gateway.Link(port) for name, port in ports.items()}
    taken: dict[str, list[float]] = {}
    known = request_of(gateway.QUESTION)
    for link in links.values():
        for _ in range(20):
            link.ask(known)
            time.sleep(0.02)
    for number in range(requests):
        for name, link in links.items():
            if name != "stand-in":
                taken.setdefault(f"{name}, exact hit", []).append(link.ask(known)[0])
            new = request_of(f"Where is the parcel with the number {number} of {time.time_ns()}?")
            taken.setdefault(f"{name}, miss" if name != "stand-in" else name, []).append(link.ask(new)[0])
    return taken


def main() -> None:
    """Run and print."""
    parser = bench_arguments(__doc__)
    parser.add_argument("--litellm", required=True, help="the proxy's program")
    parser.add_argument("--requests", type=int, default=500)
    options = parser.parse_args()
    with scratch() as directory, gateway.standing(*gateway.STAND_IN) as upstream:
        url, http = f"http://{HOST}:{upstream}", gateway.free_port()
        ours = crowkis_server(directory, "--gateway-upstreams", url, "--http-port", str(http))
        with litellm_proxy(options.litellm, directory, url) as proxy, ours:
            taken = measure({"stand-in": upstream, "crowkis": http, "litellm": proxy}, options.requests)
    found: dict[str, dict[str, Any]] = {name: times(seconds) for name, seconds in taken.items()}
    print_table(
        "one client, milliseconds", ("", "calls", "p50", "p99"), [[name, *row.values()] for name, row in found.items()]
    )
    bare = found["stand-in"]["p50_ms"]
    hit = found["litellm, exact hit"]["p50_ms"] / found["crowkis, exact hit"]["p50_ms"]
    added = {name: round(found[f"{name}, miss"]["p50_ms"] - bare, 2) for name in ("crowkis", "litellm")}
    print(f"\nan exact hit of LiteLLM's proxy takes {hit:.1f} times ours; added to a miss: {json.dumps(added)} ms")
    write_json(options.json, {"machine": machine(), "calls": found, "litellm_hit_ratio": hit, "miss_adds_ms": added})


if __name__ == "__main__":
    main()

"""Hundreds of slow streams through one gateway process, started with few open files allowed, and hits beside them."""

import asyncio
import json
import resource
import time
from contextlib import contextmanager

import pytest

from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = pytest.mark.process

STREAMS = 300
FILES = 256
WORDS_S = 0.2


@contextmanager
def few_files():
    """Processes started now are allowed few open files, unless they ask for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * STREAMS)), hard))


async def asked(port, text, **more):
    """The whole answer as it came over the wire, and how long it took."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **more}).encode()
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )
    told = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    return told, time.monotonic() - began


def test_all_come_whole_and_hits_do_not_wait_for_them(start_server):
    upstream = FakeUpstream()
    with few_files():
        server = start_server("--gateway-upstreams", upstream.url, "--gateway-retries", "0")
    upstream.usual = Behaviour(text="one two three four five six", between_s=WORDS_S)

    async def run():
        for _ in range(500):
            if b"x-crowkis-cache: hit" in (await asked(server.http_port, "How do I log in?"))[0]:
                break
            await asyncio.sleep(0.02)
        texts = [f"Tell me about town {number}" for number in range(STREAMS)]
        streams = [asyncio.ensure_future(asked(server.http_port, text, stream=True)) for text in texts]
        await asyncio.sleep(0.5)
        hits = []
        while not all(stream.done() for stream in streams):
            hits.append(await asked(server.http_port, "How do I log in?"))
            await asyncio.sleep(0.05)
        return [stream.result() for stream in streams], hits

    streams, hits = asyncio.run(run())
    upstream.stop()

    assert STREAMS == sum(told.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n") for told, _ in streams)
    assert all(b"x-crowkis-cache: hit" in told for told, _ in hits)
    assert sorted(took_s for _, took_s in hits)[len(hits) // 2] < 2 * WORDS_S

"""A server that runs for months: what clients leave behind when they go is freed without anybody looking for it.

Full garbage collections are switched off (decision 0020), so nothing that lives long may end as a cycle.
"""

import asyncio
import gc

import pytest
import uvloop

from crowkis.app import App
from crowkis.settings import load
from crowkis.testing.upstream import Behaviour, FakeUpstream

pytestmark = pytest.mark.process

CONVERSATIONS = (
    (),
    (b"SET a 1\r\n", b"GET a\r\n", b"NONSENSE\r\n", b"INCR a\r\n"),
    (b"CSET question answer\r\n", b"CGET question\r\n", b"CGET other\r\n", b"CEXPLAIN question\r\n"),
    (b"CGETSTREAM question DELAY 1\r\n",),
    (b"HELLO 3\r\n", b"MONITOR\r\n"),
    (b"QUIT\r\n",),
    (b"*1\r\n$not a size\r\n",),
)


async def converse(port, lines):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for line in lines:
        writer.write(line)
        await writer.drain()
        await asyncio.wait_for(reader.read(100), 10)
    writer.close()


async def until(done):
    for _ in range(1_000):
        await asyncio.sleep(0.02)
        if done():
            return
    raise TimeoutError


async def left_behind(data_dir):
    """How many objects a collection finds after many conversations, by conversation."""
    flags = {"bind_port": "0", "probe_port": "0", "http_port": "0", "data_dir": data_dir, "embedder": "hashing"}
    app = App(load(flags, {}, None), lambda *event, **facts: None)
    running = asyncio.get_running_loop().create_task(app.run())
    await until(lambda: app.engine.house.loaded)
    found = []
    for lines in CONVERSATIONS:
        await converse(app.engine.ports["resp"], lines)  # the first time may build what stays
        gc.collect()
        gc.disable()
        for _ in range(30):
            await converse(app.engine.ports["resp"], lines)
        await until(lambda: not app.resp.connections)
        found.append(gc.collect())
        gc.enable()
    app.stop()
    await running
    return found


def test_a_client_that_has_gone_leaves_nothing_for_the_collector(tmp_path):
    found = uvloop.run(left_behind(str(tmp_path)))

    assert max(found) < 30, dict(zip(CONVERSATIONS, found, strict=True))


def posted(body):
    """A request to the gateway as it goes over the wire."""
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


async def asked(port, body):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(posted(body))
    told = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return told


async def left_behind_by_the_gateway(data_dir, upstream):
    """How many objects a collection finds after as many requests of each kind."""
    question = b'{"model":"m","messages":[{"role":"user","content":"How do I log in?"}]%b}'
    kinds = {"hit": question % b"", "streamed hit": question % b',"stream":true', "bypass": question % b',"n":2',
             "miss": question % b',"max_tokens":1', "streamed miss": question % b',"max_tokens":2,"stream":true',
             "failing": question % b',"max_tokens":3'}  # fmt: skip
    flags = {"bind_port": "0", "probe_port": "0", "http_port": "0", "data_dir": data_dir, "embedder": "hashing",
             "gateway_upstreams": upstream.url, "gateway_retries": "0"}  # fmt: skip
    app = App(load(flags, {}, None), lambda *event, **facts: None)
    running = asyncio.get_running_loop().create_task(app.run())
    await until(lambda: app.engine.house.loaded)
    port, found = app.engine.ports["http"], {}
    await asked(port, kinds["hit"])
    await until(lambda: app.engine.metrics.read("entries"))
    for kind, body in kinds.items():
        finish = {"miss": Behaviour(finish="length"), "streamed miss": Behaviour(finish="length"),
                  "failing": Behaviour(status=500)}.get(kind, Behaviour())  # fmt: skip
        upstream.usual = finish
        told = await asked(port, body)
        assert (b"x-crowkis-cache: hit" in told) == ("hit" in kind), told
        gc.collect()
        gc.disable()
        for _ in range(30):
            await asked(port, body)
        await asyncio.sleep(0.1)
        found[kind] = gc.collect()
        gc.enable()
    app.stop()
    await running
    return found


def test_a_request_to_the_gateway_leaves_nothing_for_the_collector(tmp_path):
    upstream = FakeUpstream()
    found = uvloop.run(left_behind_by_the_gateway(str(tmp_path), upstream))
    upstream.stop()

    assert max(found.values()) < 30, found

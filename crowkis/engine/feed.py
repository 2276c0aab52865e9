"""What MONITOR shows: each executed command in Redis's form, prompts and answers only as length and digest."""

from hashlib import blake2b

from crowkis.engine.clients import Client

_PLAIN = frozenset(range(32, 127)) - {ord('"'), ord("\\")}
_ESCAPES = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t", ord('"'): '\\"', ord("\\"): "\\\\"}


def line(client: Client, request: list[bytes], private: list[bool], salt: bytes, now_ms: int) -> bytes:
    """One encoded status line. `salt` keeps digests from being guessed or compared across restarts."""
    shown = [
        f'"({len(raw)} bytes {digest(raw, salt)})"' if hide else _quoted(raw)
        for raw, hide in zip(request, private, strict=True)
    ]
    stamp = f"{now_ms // 1000}.{now_ms % 1000:03}000"
    return f"+{stamp} [{client.db} {client.address}] {' '.join(shown)}\r\n".encode()


def seen(request: list[bytes], private: list[bool], salt: bytes) -> list[bytes]:
    """A request with what is private replaced by its length and digest."""
    return [
        f"({len(raw)} bytes {digest(raw, salt)})".encode() if hide else raw
        for raw, hide in zip(request, private, strict=True)
    ]


def digest(raw: bytes, salt: bytes) -> str:
    """Eight hex digits that tell equal texts from different ones during one run of the server, and nothing else."""
    return blake2b(raw, digest_size=4, key=salt).hexdigest()


def _quoted(raw: bytes) -> str:
    return '"' + "".join(chr(byte) if byte in _PLAIN else _ESCAPES.get(byte) or f"\\x{byte:02x}" for byte in raw) + '"'

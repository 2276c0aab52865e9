"""Every error a client can be told, declared once in ERRORS and built only here.

The code (first word on the wire) is API; the text is for people and may change.
"""

from typing import NamedTuple

from crowkis.values.access import Denial


class ErrorRow(NamedTuple):
    """One row of ERRORS: the code, when it is sent, what the reader should do."""

    code: str
    when: str
    do: str


ERRORS: tuple[ErrorRow, ...] = (
    ErrorRow("ERR", "The request is malformed or cannot be carried out.", "Read the text; it names the argument."),
    ErrorRow("BUSY", "A queue is full.", "Wait the retry-after-ms the text names, then send again."),
    ErrorRow("DENIED", "No token is set and the client is not on this machine.", "Set CROWKIS_AUTH_TOKEN."),
    ErrorRow("NOAUTH", "A token is set and this connection has not shown it.", "Send AUTH <token>."),
    ErrorRow("WRONGPASS", "The user name, password or token shown is not right.", "Check them; ACL LOG may say more."),
    ErrorRow("NOPERM", "The user may not run the word, or not with this key.", "Ask for ACL SETUSER; see ACL LOG."),
    ErrorRow("NOPROTO", "HELLO asked for a protocol other than 2 or 3.", "Ask for 2 or 3."),
    ErrorRow("BUSYKEY", "RESTORE names a key that is there.", "Add REPLACE, or choose another name."),
    ErrorRow("WRONGTYPE", "The key holds another type of value.", "Use the words of that type."),
    ErrorRow(
        "MISCONF", "A disk write failed; writes are refused, reads go on.", "Make room; writing resumes by itself."
    ),
    ErrorRow("OOM", "The memory limit is reached; words that add are refused.", "Wait for eviction, free or raise it."),
    ErrorRow("QUOTA", "The tenant's quota does not allow it.", "Remove answers, or raise it with CQUOTA SET."),
    ErrorRow(
        "EXECABORT", "A call was refused when MULTI queued it, or EXEC itself was.", "Read that error; send all again."
    ),
    ErrorRow("LOADING", "The data directory is still being read.", "Wait for /readyz to answer 200."),
    ErrorRow("UNBLOCKED", "CLIENT UNBLOCK with ERROR ended a call that waited for a key.", "Ask again."),
    ErrorRow("EMBEDDER", "The embedder did not answer and this word cannot do without.", "See INFO embedder."),
)
"""Codes are stable. `crowkis docs` prints this table."""

CODES = frozenset(row.code for row in ERRORS)


class CommandError(Exception):
    """A refusal told to the client as `-<code> <text>`; the connection stays open."""

    def __init__(self, code: str, text: str) -> None:
        assert code in CODES, code
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


def malformed(text: str) -> CommandError:
    """The request cannot be understood: `text` says which argument and what would be right."""
    return CommandError("ERR", text)


def unknown_word(word: bytes) -> CommandError:
    """The first argument names no command."""
    shown = word[:64].decode("utf-8", "replace")
    return CommandError("ERR", f"unknown command '{shown}'; COMMAND LIST shows what there is")


def wrong_count(name: str, syntax: str) -> CommandError:
    """Too few or too many arguments; Redis clients look for this wording's start."""
    return CommandError("ERR", f"wrong number of arguments for '{name.lower()}' command; syntax: {syntax}")


def busy(what: str, retry_after_ms: int) -> CommandError:
    """A bounded queue is full; the client should wait and send again."""
    return CommandError("BUSY", f"{what} is full retry-after-ms={retry_after_ms}")


def denied() -> CommandError:
    """Protected mode: beyond loopback no door opens without credentials."""
    return CommandError(
        "DENIED",
        "no token is configured, so only clients on this machine are served; "
        "set CROWKIS_AUTH_TOKEN (or bind to 127.0.0.1) and restart",
    )


def not_authenticated() -> CommandError:
    """A token is configured and the connection has not shown it."""
    return CommandError("NOAUTH", "authentication required; send AUTH <token> or AUTH <user> <password> first")


def wrong_token() -> CommandError:
    """AUTH or HELLO AUTH showed a wrong user name, password or token, or the user is switched off."""
    return CommandError("WRONGPASS", "the user name or password is not right, or the user is off")


def no_permission(user: str, denial: Denial) -> CommandError:
    """The user's rules do not allow it; `denial` tells what."""
    what = denial.what[:64].decode("utf-8", "replace")
    text = f"may not run '{what}'" if denial.kind == "command" else f"may not use the {denial.kind} '{what}' this way"
    return CommandError("NOPERM", f"user '{user}' {text}")


def unsupported_protocol() -> CommandError:
    """HELLO asked for neither 2 nor 3."""
    return CommandError("NOPROTO", "unsupported protocol version; this server speaks 2 and 3")


def busy_key() -> CommandError:
    """A key to be restored is there already."""
    return CommandError("BUSYKEY", "the key is there already; REPLACE would replace it")


def wrong_type() -> CommandError:
    """The key exists and holds something else."""
    return CommandError("WRONGTYPE", "this key holds another type of value than the command works on")


def writes_stopped(cause: str) -> CommandError:
    """A write or sync failed; nobody knows what is on disk, so writing stops until all of it is written elsewhere."""
    return CommandError(
        "MISCONF",
        f"writes are stopped after a disk error ({cause}); make room on the disk or mend it: writing resumes within "
        "seconds, without a restart, and reads go on meanwhile",
    )


def unreadable(cause: str) -> CommandError:
    """What is stored is there, but damaged or not given by the disk: nothing is served in its place."""
    return CommandError("ERR", f"what is stored cannot be read: {cause}; crowkis check tells what else is damaged")


def backup_running(name: str) -> CommandError:
    """One archive is written at a time."""
    return CommandError("ERR", f"a backup is already being written ({name}); INFO persistence tells when it is done")


def backup_failed(cause: str) -> CommandError:
    """The archive could not be written; no file of that name was made or changed."""
    return CommandError("ERR", f"the backup failed: {cause}")


def compaction_running() -> CommandError:
    """Folding everything by hand is done once at a time."""
    return CommandError("ERR", "COMPACT is already running; wait for its reply")


def compaction_failed(cause: str) -> CommandError:
    """The disk did not allow it; nothing is lost."""
    return CommandError("ERR", f"the tables could not be folded: {cause}")


def memory_full(limit_bytes: int) -> CommandError:
    """Nothing may be added until something has left."""
    return CommandError(
        "OOM",
        f"memory_limit ({limit_bytes} bytes) is reached and nothing is left to evict; remove keys or raise the limit",
    )


def over_quota(tenant: str) -> CommandError:
    """The tenant has no room for it; nothing was stored."""
    return CommandError("QUOTA", f"the quota of tenant '{tenant}' has no room for this; CQUOTA GET shows it")


def exec_aborted(cause: str) -> CommandError:
    """Nothing of a transaction was run: EXEC, or a call before it, was refused."""
    return CommandError("EXECABORT", f"Transaction discarded because of {cause}")


def not_in_transaction(name: str) -> CommandError:
    """A word that may wait, or whose reply comes in parts, cannot be one of several done as one."""
    return CommandError("ERR", f"{name} is not allowed inside a transaction: it may wait; send it before MULTI")


def queue_full(calls: int, size_bytes: int) -> CommandError:
    """MULTI has queued as much as one client may."""
    return CommandError("ERR", f"a transaction holds at most {calls} calls and {size_bytes} bytes; send DISCARD")


def too_many(what: str, count: int, size_bytes: int) -> CommandError:
    """One client watches or has subscribed to as much as it may."""
    return CommandError("ERR", f"a client may have at most {count} {what}, of {size_bytes} bytes together")


def subscribed_only(name: str) -> CommandError:
    """Under RESP2 a subscriber could not tell a reply from a message."""
    return CommandError(
        "ERR",
        f"Can't execute '{name.lower()}': a RESP2 client that has subscribed may only send SUBSCRIBE, PSUBSCRIBE, "
        "UNSUBSCRIBE, PUNSUBSCRIBE, PING, QUIT and RESET; HELLO 3 before subscribing lifts this",
    )


def loading() -> CommandError:
    """The data directory is still being read."""
    return CommandError("LOADING", "the data directory is still being read; /readyz answers 200 when done")


def embedder_down(cause: str) -> CommandError:
    """The embedder failed and the word needs a vector."""
    return CommandError("EMBEDDER", f"the embedder did not answer ({cause}); exact matching goes on")


def unblocked() -> CommandError:
    """Somebody has ended the waiting."""
    return CommandError("UNBLOCKED", "another client has ended this waiting with CLIENT UNBLOCK")

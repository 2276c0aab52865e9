"""CAPIKEY: keys for the HTTP door. A key is shown once, when it is made; what is kept is its Argon2id hash."""

from typing import Any

from crowkis.commands.args import TENANT, WORD, Parameter, arg, choice, opt, whole
from crowkis.commands.registry import command, help_on
from crowkis.engine.clients import Client
from crowkis.engine.engine import Engine
from crowkis.values.access import API_KEY_MARK, ROLES, ApiKey, DropApiKey, PutApiKey
from crowkis.values.errand import HashSecret, Waiting
from crowkis.values.errors import CommandError, malformed
from crowkis.values.limits import API_KEY_NAME_CHARS_MAX, API_KEYS_MAX, EXPIRE_MS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.reply import Reply

SERVER = "server"
ID_BYTES, SECRET_BYTES = 6, 32
ID = arg("id", WORD)
LIFE: tuple[Parameter, ...] = (opt("seconds", whole(1, EXPIRE_MS_MAX // 1000), token="EX"),)


@command("CAPIKEY CREATE", arg("name", WORD), opt("role", choice(*(role.upper() for role in ROLES)), default="READER"),
         opt("tenant", TENANT, default=""), *LIFE, category=SERVER, alone=True, writes=True)  # fmt: skip
def capikey_create(engine: Engine, client: Client, args: Any) -> Any:
    """Make an API key, a reader's unless ROLE says otherwise, of one TENANT or of all; the key is shown this once."""
    if not args.name.isprintable() or not 0 < len(args.name) <= API_KEY_NAME_CHARS_MAX:
        raise malformed(f"name must be 1 to {API_KEY_NAME_CHARS_MAX} printable characters")
    if len(engine.state.roster.keys) >= API_KEYS_MAX:
        raise malformed(f"there are {API_KEYS_MAX} API keys already; CAPIKEY REVOKE removes one")
    expire_at_ms = engine.now_ms + args.seconds * 1000 if args.seconds else 0
    made = ApiKey(
        engine.secret_bytes(ID_BYTES).hex(), args.name, args.role.lower(), args.tenant, "", engine.now_ms, expire_at_ms
    )
    return _hashed(engine, made)


@command("CAPIKEY ROTATE", ID, category=SERVER, alone=True, writes=True)
def capikey_rotate(engine: Engine, client: Client, args: Any) -> Any:
    """Replace the secret of an API key: the old one opens nothing from now on; the new one is shown this once."""
    return _hashed(engine, _known(engine, args.id))


@command("CAPIKEY REVOKE", ID, category=SERVER, writes=True, frees=True)
def capikey_revoke(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove an API key; tells how many were removed."""
    return Outcome(1, (DropApiKey(args.id),)) if args.id in engine.state.roster.keys else Outcome(0)


@command("CAPIKEY LIST", category=SERVER)
def capikey_list(engine: Engine, client: Client, args: Any) -> Reply:
    """List all API keys, the oldest first, without anything that would open the door."""
    rows = sorted(engine.state.roster.keys.values(), key=lambda key: (key.created_ms, key.id))
    return [_told(engine, row) for row in rows]


@command("CAPIKEY HELP", category=SERVER)
def capikey_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about API keys."""
    return help_on("CAPIKEY")


def _known(engine: Engine, key_id: str) -> ApiKey:
    found = engine.state.roster.keys.get(key_id)
    if found is None:
        raise _unknown()
    return found


def _unknown() -> CommandError:
    return malformed("there is no API key of this id; CAPIKEY LIST shows all")


def _hashed(engine: Engine, made: ApiKey) -> Waiting:
    """Hash a new secret beside the actor, then keep the key and show it."""
    shown = f"{API_KEY_MARK}{made.id}_{engine.secret_bytes(SECRET_BYTES).hex()}"
    is_new = made.id not in engine.state.roster.keys

    def keep(engine: Engine, hashed: str) -> Outcome:
        if not is_new and made.id not in engine.state.roster.keys:
            raise _unknown()
        key = made._replace(hash=hashed)
        return Outcome({"key": shown, **_told(engine, key)}, (PutApiKey(key),))

    return Waiting(HashSecret(shown), keep)


def _told(engine: Engine, key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "role": key.role,
        "tenant": key.tenant or None,
        "created_ms": key.created_ms,
        "expire_at_ms": key.expire_at_ms,
        "expired": bool(key.expire_at_ms) and key.expire_at_ms <= engine.now_ms,
    }

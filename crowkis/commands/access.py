"""ACL: who may log in, and what they may do. What the rules mean is guard/access.py; here they are read and shown.

No password is ever shown, and none is kept but as its hash.
"""

from typing import Any

from crowkis.commands.args import BLOB, RAW, SECRET_BLOB, WORD, arg, whole
from crowkis.commands.categories import ACL_CATEGORIES
from crowkis.commands.keyuse import channel_uses, key_uses
from crowkis.commands.registry import COMMANDS, command, find, help_on
from crowkis.engine.clients import Client
from crowkis.engine.denials import Refused
from crowkis.engine.engine import Engine
from crowkis.guard.access import (
    RuleError,
    changed,
    channels_shown,
    described,
    keys_shown,
    objection,
    permits,
    shown,
    words_shown,
)
from crowkis.values.access import DEFAULT, DropUser, PutUser, User
from crowkis.values.errand import CloseClients
from crowkis.values.errors import malformed
from crowkis.values.limits import ACCESS_RULE_BYTES_MAX, USER_NAME_CHARS_MAX, USERS_MAX
from crowkis.values.outcome import Outcome
from crowkis.values.reply import OK, Reply, Simple

SERVER = "server"
GENERATED_BITS, GENERATED_BITS_MAX = 256, 4_096


@command("ACL WHOAMI", category=SERVER)
def acl_whoami(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell which user this connection is."""
    return client.account.name


@command("ACL USERS", category=SERVER)
def acl_users(engine: Engine, client: Client, args: Any) -> Reply:
    """List the names of all users."""
    return sorted(engine.state.users.by_name)


@command("ACL LIST", category=SERVER)
def acl_list(engine: Engine, client: Client, args: Any) -> Reply:
    """List all users, each as the rules that would make it again."""
    return [described(_as_shown(engine, user)) for _, user in sorted(engine.state.users.by_name.items())]


def _as_shown(engine: Engine, user: User) -> User:
    """The default user's password is auth_token, of which not even the hash is shown: whoever has it is let in."""
    return user._replace(nopass=not engine.house.token) if user.name == DEFAULT else user


@command("ACL GETUSER", arg("user", WORD), category=SERVER)
def acl_getuser(engine: Engine, client: Client, args: Any) -> Reply:
    """Show a user's rules; null where there is no such user."""
    found = engine.state.users.by_name.get(args.user)
    if found is None:
        return None
    user = _as_shown(engine, found)
    return {
        "flags": [Simple(flag) for flag in ("on" if user.on else "off", *(["nopass"] if user.nopass else []))],
        "passwords": list(user.passwords),
        "commands": words_shown(user),
        "keys": keys_shown(user),
        "channels": channels_shown(user),
        "selectors": [],
    }


@command("ACL SETUSER", arg("user", WORD), arg("rule", SECRET_BLOB, repeated=True, optional=True), category=SERVER,
         writes=True, frees=True)  # fmt: skip
def acl_setuser(engine: Engine, client: Client, args: Any) -> Outcome:
    """Make a user or change its rules, all or none; kept at once and for ever."""
    users = engine.state.users.by_name
    _check_name(args.user)
    if args.user not in users and len(users) >= USERS_MAX:
        raise malformed(f"there are {USERS_MAX} users already, and no room for another")
    user = users.get(args.user) or User(args.user)
    for place, rule in enumerate(args.rule, 1):
        try:
            if len(rule) > ACCESS_RULE_BYTES_MAX:
                raise RuleError(f"a rule is at most {ACCESS_RULE_BYTES_MAX} bytes long")
            if user.name == DEFAULT:
                _check_default(rule)
            user = changed(user, rule, _is_known)
        except RuleError as error:
            raise malformed(f"rule {place} of ACL SETUSER: {error}") from None
    if not any(map(_may_mend, (users | {user.name: user}).values())):
        raise malformed("after this nobody could log in and run ACL SETUSER; let another user do that first")
    return Outcome(OK, (PutUser(user),))


def _check_name(name: str) -> None:
    if not name or len(name) > USER_NAME_CHARS_MAX or not name.isprintable() or " " in name:
        raise malformed(f"a user name must be 1 to {USER_NAME_CHARS_MAX} printable characters without spaces")


def _check_default(rule: bytes) -> None:
    """Its password is a setting, so that there is one place to look for it. Raises RuleError."""
    if rule[:1] in (b">", b"<", b"#", b"!") or rule.lower() in (b"nopass", b"resetpass"):
        raise RuleError("the password of the user default is the setting auth_token; make other users instead")


def _may_mend(user: User) -> bool:
    made = COMMANDS["ACL SETUSER"]
    can_log_in = user.on and bool(user.name == DEFAULT or user.nopass or user.passwords)
    return can_log_in and permits(user.words, made.name, made.categories)


def _is_known(target: str) -> bool:
    """Is there such a word, "word|sub" or "@category"?"""
    if target[:1] == "@":
        return target[1:] in ACL_CATEGORIES
    return " " not in target and target.upper().replace("|", " ") in COMMANDS


@command("ACL DELUSER", arg("user", WORD, repeated=True), category=SERVER, writes=True, frees=True)
def acl_deluser(engine: Engine, client: Client, args: Any) -> Outcome:
    """Remove users and close their connections; tells how many there were."""
    if DEFAULT in args.user:
        raise malformed("the user default cannot be removed; it can be switched off")
    users = engine.state.users.by_name
    gone = [name for name in dict.fromkeys(args.user) if name in users]
    if gone and not any(_may_mend(user) for name, user in users.items() if name not in gone):
        raise malformed("after this nobody could log in and run ACL SETUSER; let another user do that first")
    closed = tuple(each.id for name in gone for each in engine.clients.of_user(name))
    return Outcome(len(gone), tuple(map(DropUser, gone)), (CloseClients(closed),) if closed else ())


@command("ACL CAT", arg("category", WORD, optional=True), category=SERVER)
def acl_cat(engine: Engine, client: Client, args: Any) -> Reply:
    """List the categories, or the words in one."""
    if args.category is None:
        return list(ACL_CATEGORIES)
    wanted = args.category.lower()
    if wanted not in ACL_CATEGORIES:
        raise malformed(f"unknown category '{wanted[:64]}'; ACL CAT lists them")
    return [shown(name) for name, made in COMMANDS.items() if wanted in made.categories and not made.subcommands]


@command("ACL DRYRUN", arg("user", WORD), arg("request", BLOB, repeated=True), category=SERVER)
def acl_dryrun(engine: Engine, client: Client, args: Any) -> Reply:
    """Tell whether a user may run a whole command, without running it."""
    user = engine.state.users.by_name.get(args.user)
    if user is None:
        raise malformed(f"there is no user '{args.user[:64]}'")
    request = list(args.request)
    made = find(request)
    made.parse(request)
    found = None if made.open else objection(
        user, made.name, made.categories, key_uses(made, request), channel_uses(made, request)
    )  # fmt: skip
    if found is None:
        return OK
    what = found.what.decode("utf-8", "replace")
    if found.kind == "command":
        return f"User {user.name} may not run the '{what}' command"
    return f"User {user.name} may not use the {found.kind} '{what}' this way"


@command("ACL LOG", arg("count_or_reset", RAW, optional=True), category=SERVER)
def acl_log(engine: Engine, client: Client, args: Any) -> Reply:
    """Show what was refused lately, ten lines or so many, the newest first; or forget it (RESET)."""
    denials, given = engine.house.denials, args.count_or_reset
    if given is not None and given.upper() == b"RESET":
        denials.forget()
        return OK
    if given is not None and not (given.isdigit() and len(given) < 10):
        raise malformed("ACL LOG takes a count or RESET")
    return [_logged(row, engine.now_ms) for row in denials.rows[: 10 if given is None else int(given)]]


def _logged(row: Refused, now_ms: int) -> dict[str, Any]:
    return {
        "count": row.times,
        "reason": row.denial.kind,
        "context": "toplevel",
        "object": row.denial.what,
        "username": row.user,
        "age-seconds": round((now_ms - row.created_ms) / 1000, 3),
        "client-info": row.client,
        "entry-id": row.number,
        "timestamp-created": row.created_ms,
        "timestamp-last-updated": row.updated_ms,
    }


@command("ACL GENPASS", arg("bits", whole(1, GENERATED_BITS_MAX), optional=True), category=SERVER)
def acl_genpass(engine: Engine, client: Client, args: Any) -> Reply:
    """Make up a password of 256 bits, or of so many, in hexadecimal."""
    digits = ((args.bits or GENERATED_BITS) + 3) // 4
    return engine.secret_bytes((digits + 1) // 2).hex()[:digits]


@command("ACL SAVE", category=SERVER, partly="does nothing: every change is kept at once")
def acl_save(engine: Engine, client: Client, args: Any) -> Reply:
    """Do nothing: every change of a user is kept at once."""
    return OK


@command("ACL LOAD", category=SERVER, partly="does nothing: there is no file of users")
def acl_load(engine: Engine, client: Client, args: Any) -> Reply:
    """Do nothing: there is no file beside the server that users could be read from."""
    return OK


@command("ACL HELP", category=SERVER)
def acl_help(engine: Engine, client: Client, args: Any) -> Reply:
    """Show the words about users."""
    return help_on("ACL")

"""Every switch an operator has, declared once in SETTINGS.

A value comes from, strongest first: a command-line flag, the TOML file, the environment, the default.
Help texts, CONFIG GET and the README table are printed from here. Reads files only in load_file().
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from crowkis.values.access import ROLES
from crowkis.values.intent import BAR_COLUMN, DAY_S, POSTURE_COLUMN, POSTURES, SHELF_LIFE_COLUMN, Column
from crowkis.values.limits import KIB, MIB

LIFETIME_S_MAX = (1 << 31) - 1


class SettingError(Exception):
    """A setting is unknown or its value is not allowed; the text names it and says what would be."""


class Setting(NamedTuple):
    """One row of SETTINGS."""

    section: str
    """The TOML section."""
    name: str
    """TOML key, attribute, CONFIG name; the environment variable is CROWKIS_ and this in capitals."""
    parse: Callable[[str], Any]
    default: Any
    help: str
    mutable: bool = False
    """CONFIG SET may change it while the server runs."""
    secret: bool = False
    """Never shown."""

    @property
    def env(self) -> str:
        """The environment variable."""
        return f"CROWKIS_{self.name.upper()}"


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number within bounds, both allowed."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise SettingError(f"must be a whole number from {least} to {most}") from None
        if not least <= value <= most:
            raise SettingError(f"must be from {least} to {most}")
        return value

    return parse


def number(least: float, most: float) -> Callable[[str], float]:
    """A number within bounds, both allowed."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise SettingError(f"must be a number from {least:g} to {most:g}") from None
        if not least <= value <= most:
            raise SettingError(f"must be from {least:g} to {most:g}")
        return value

    return parse


fraction = number(0.0, 1.0)
"""A number from 0 to 1, both allowed."""


def addresses(text: str) -> str:
    """Addresses of HTTP servers, between commas or spaces."""
    found = text.replace(",", " ").split()
    for address in found:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingError("must be addresses like https://api.openai.com, between commas")
    return ",".join(found)


def address(text: str) -> str:
    """One of them, or nothing."""
    found = addresses(text)
    if "," in found:
        raise SettingError("must be one address")
    return found


class Lifetimes(dict[str, int]):
    """Seconds, by path or by the beginning of a model's name with * behind it; 0: no end."""

    def __str__(self) -> str:
        return ",".join(f"{name}={life_s}" for name, life_s in self.items())


def lifetimes(text: str) -> Lifetimes:
    """name=seconds, between commas or spaces."""
    found = Lifetimes()
    for pair in text.replace(",", " ").split():
        name, _, life_s = pair.partition("=")
        if not life_s.isdecimal() or len(life_s) > 12 or int(life_s) > LIFETIME_S_MAX:
            raise SettingError(f"must be pairs like /v1/embeddings=0,gpt-4*=600 with at most {LIFETIME_S_MAX} seconds")
        if not name.startswith("/") and (not name.endswith("*") or len(name) < 2):
            raise SettingError("must name paths like /v1/responses or models like gpt-4*")
        found[name] = int(life_s)
    return found


def switch(text: str) -> bool:
    """Yes or no, in the usual spellings."""
    lowered = text.lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off", ""):
        return False
    raise SettingError("must be yes or no")


def one_of(*words: str) -> Callable[[str], str]:
    """One of a few words."""

    def parse(text: str) -> str:
        if text.lower() not in words:
            raise SettingError(f"must be one of {', '.join(words)}")
        return text.lower()

    return parse


def column_of(table: Column[Any], cell: Callable[[str], Any]) -> Callable[[str], Column[Any]]:
    """A column of a table with some cells overridden: `name=cell` pairs divided by commas. Empty: the table's own."""

    def parse(text: str) -> Column[Any]:
        column = Column(table)
        for pair in filter(None, map(str.strip, text.split(","))):
            name, equals, value = (part.strip() for part in pair.partition("="))
            if not equals or name not in column:
                raise SettingError(f"must be name=value pairs divided by commas, the names being {', '.join(column)}")
            try:
                column[name] = cell(value)
            except SettingError as error:
                raise SettingError(f"{name} {error}") from None
        return column

    return parse


def fraction_or_none(text: str) -> float | None:
    """A number from 0 to 1, or nothing."""
    return fraction(text) if text else None


TTL_S_MAX = 10 * 365 * DAY_S
MEMORY_LIMIT_MIN = 16 * MIB
_SIZE_UNITS = {"g": KIB * MIB, "m": MIB, "k": KIB}


def size(least: int, most: int) -> Callable[[str], int]:
    """Bytes, or a number with the unit k, m or g (powers of 1,024)."""

    def parse(text: str) -> int:
        lowered = text.lower().removesuffix("b")
        unit = _SIZE_UNITS.get(lowered[-1:], 1)
        try:
            value = int(float(lowered[:-1]) * unit) if unit > 1 else int(lowered)
        except (ValueError, OverflowError):
            raise SettingError("must be a size such as 64m, 2g or a number of bytes") from None
        if not least <= value <= most:
            raise SettingError(f"must be from {least} to {most} bytes")
        return value

    return parse


def memory_limit(text: str) -> int:
    """A size, or 0 where empty or 0: the default share."""
    return size(MEMORY_LIMIT_MIN, 1 << 50)(text) if text.strip() not in ("", "0") else 0


EVENT_LETTERS = "g$lshzxetd"
"""All that A stands for."""


def key_events(text: str) -> str:
    """Letters of Redis's notify-keyspace-events, in the order Redis shows them."""
    unknown = sorted(set(text) - set(EVENT_LETTERS + "AnKEm"))
    if unknown:
        raise SettingError(f"must be of the letters K E A {' '.join(EVENT_LETTERS)} n m")
    kinds = "A" if "A" in text or set(EVENT_LETTERS) <= set(text) else "".join(x for x in EVENT_LETTERS if x in text)
    return kinds + "".join(letter for letter in "nKEm" if letter in text)


def origins(text: str) -> str:
    """Origins between commas, as browsers name them (RFC 6454): scheme, host and, where unusual, port."""
    for origin in filter(None, map(str.strip, text.split(","))):
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.hostname or origin != f"{parts.scheme}://{parts.netloc}":
            raise SettingError("must be origins such as https://app.example, between commas")
    return text


def words(text: str) -> str:
    """Any text."""
    return text


SETTINGS: tuple[Setting, ...] = (
    Setting("server", "bind_host", words, "127.0.0.1", "Address of the RESP door."),
    Setting("server", "bind_port", whole(0, 65_535), 6383, "Port of the RESP door; 0 takes a free one."),
    Setting("server", "probe_host", words, "127.0.0.1", "Address of /livez, /readyz and /metrics."),
    Setting("server", "probe_port", whole(-1, 65_535), -1, "Port of the probes; -1: bind_port + 3; 0: a free one."),
    Setting("server", "http_host", words, "127.0.0.1", "Address of the HTTP door."),
    Setting("server", "http_port", whole(-1, 65_535), -1, "Port of the HTTP door; -1: bind_port + 1; 0: a free one."),
    Setting("http", "http_calls_per_minute", whole(0, 10_000_000), 0, "Calls of the HTTP door let in per minute for each API key, bearer, or address without one; 0: any number.", mutable=True),
    Setting("http", "live_questions", switch, True, "Keep the last questions in memory, shortened, for the dashboard; no: it shows figures and keys only.", mutable=True),
    Setting("http", "http_origins", origins, "", "Sites whose pages may use this port with credentials of their own, between commas, e.g. https://app.example; empty: none."),
    Setting("http", "jwt_jwks", words, "", "Key set whose JSON Web Tokens are believed: a URL or a file; empty: none."),
    Setting("http", "jwt_audience", words, "", "The audience (aud) those tokens must be for; needed with jwt_jwks."),
    Setting("http", "jwt_issuer", words, "", "The issuer (iss) they must be from; empty: any whose keys the set holds."),
    Setting("http", "jwt_tenant_claim", words, "tenant", "The claim that names the tenant they open; empty: every tenant's."),
    Setting("http", "jwt_role_claim", words, "role", "The claim that names the role: admin, writer, reader or auditor; empty: none does."),
    Setting("http", "jwt_role", one_of(*ROLES), "reader", "The role where no claim names one."),
    Setting("server", "auth_token", words, "", "Token clients must show with AUTH; empty: none, loopback clients only.", secret=True),
    Setting("server", "max_connections", whole(1, 1_000_000), 10_000, "Connections served at once; more are told so and closed.", mutable=True),
    Setting("server", "output_buffer_bytes", size(64 * KIB, 1 << 40), 64 * MIB, "A client whose unread replies exceed this is closed.", mutable=True),
    Setting("server", "inbox_calls", whole(1, 1_000_000), 8_192, "Calls waiting for the actor; beyond it they are answered BUSY.", mutable=True),
    Setting("server", "drain_timeout_ms", whole(0, 600_000), 10_000, "How long a stop waits for accepted calls."),
    Setting("server", "notify_keyspace_events", key_events, "", "What is published when keys change, in Redis's letters (KEA: everything but n and m); empty: nothing.", mutable=True),
    Setting("server", "slowlog_log_slower_than", whole(-1, 1 << 40), 10_000, "Calls that take at least so many microseconds are kept for SLOWLOG; -1: none.", mutable=True),
    Setting("server", "slowlog_max_len", whole(0, 100_000), 128, "How many of them.", mutable=True),
    Setting("server", "latency_monitor_threshold", whole(0, 1 << 31), 0, "What takes at least so many milliseconds is kept for LATENCY; 0: nothing.", mutable=True),
    Setting("server", "debug_commands", switch, False, "Let clients use DEBUG, which can hold up and read everything."),
    Setting("storage", "data_dir", words, "crowkis-data", "Where everything durable lives; one server per directory."),
    Setting("storage", "backup_dir", words, "", "The one directory CSAVE, CBGSAVE, SAVE and BGSAVE write into; empty: backups, inside data_dir."),
    Setting("storage", "wal_sync", one_of("always", "everysec", "no"), "always", "When the log reaches the disk: before each batch is answered, once a second, or when the system likes.", mutable=True),
    Setting("storage", "scrub_mib_per_s", whole(0, 10_000), 4, "Tables are read again and their checksums compared, one at a time, at this pace; 0: never.", mutable=True),
    Setting("memory", "memory_limit", memory_limit, 0, "Memory the process may take, e.g. 512m or 2g; 0: 60 % of the machine or container. Near it answers are evicted, at it words that add are answered OOM."),
    Setting("cache", "metric", one_of("auto", "confidence", "cosine"), "auto", "What decides where no gate objects, and what THRESHOLD means. auto: confidence with the built-in embedder, cosine with other vectors.", mutable=True),
    Setting("cache", "confidence_min", fraction, 0.85, "Probability of being right that an answer must reach; a CGET's THRESHOLD overrides it.", mutable=True),
    Setting("cache", "similarity_min", fraction, 0.92, "Where cosine decides: the cosine two questions must reach; a CGET's THRESHOLD overrides it.", mutable=True),
    Setting("cache", "default_ttl_s", whole(0, TTL_S_MAX), 0, "Lifetime of answers stored without EX or PX; 0: no end. An intent's shelf life may shorten it.", mutable=True),
    Setting("cache", "intent_postures", column_of(POSTURE_COLUMN, one_of(*POSTURES)), POSTURE_COLUMN, "How far answers may be reused, e.g. personal=never, code=free (see Intents); intents not named keep what the table says.", mutable=True),
    Setting("cache", "intent_shelf_lives", column_of(SHELF_LIFE_COLUMN, whole(0, TTL_S_MAX)), SHELF_LIFE_COLUMN, "Seconds an answer stored without EX or PX keeps, by intent and by pace, e.g. temporal=600, live=60; 0: no end of its own.", mutable=True),
    Setting("cache", "intent_bars", column_of(BAR_COLUMN, fraction_or_none), BAR_COLUMN, "Bars that take the place of the general one for some intents, e.g. temporal=0.95; empty: the general one. THRESHOLD overrides both.", mutable=True),
    Setting("feedback", "max_error", fraction, 0.0, "Serve only where at most this share is believed wrong; 0: no such budget. CGET's MAXERROR overrides it.", mutable=True),
    Setting("feedback", "feedback_noise", fraction, 0.1, "The most of all reports that may be mistaken; how many are is learned from exact repeats.", mutable=True),
    Setting("feedback", "flag_similarity_min", fraction, 0.95, "Cosine from which a question is practically a flagged one.", mutable=True),
    Setting("feedback", "trust_min", fraction, 0.3, "Answers of sources trusted less are not served; a complaint takes 30 % of the trust.", mutable=True),
    Setting("embed", "embedder", one_of("minilm", "remote", "hashing"), "minilm", "minilm: inside this process; remote: an OpenAI-compatible /v1/embeddings; hashing: no model, for tests."),
    Setting("embed", "embed_workers", whole(0, 64), 0, "Threads that embed; 0: one per core."),
    Setting("embed", "embed_queue_texts", whole(1, 1_000_000), 4_096, "Texts waiting to be embedded; beyond it calls are answered BUSY."),
    Setting("embed", "embed_memo_bytes", size(0, 1 << 40), 64 * MIB, "Memory for vectors of recent texts."),
    Setting("embed", "embed_cache_dir", words, "", "Where the rebuilt model file is kept; empty: the user's cache directory."),
    Setting("embed", "embed_url", words, "", "Base URL of the remote embedder, e.g. http://127.0.0.1:8080/v1."),
    Setting("embed", "embed_key", words, "", "Its API key.", secret=True),
    Setting("embed", "embed_model", words, "", "The model name to ask it for."),
    Setting("embed", "embed_dim", whole(1, 4_096), 384, "The dimension it must answer with."),
    Setting("embed", "embed_batch", whole(1, 2_048), 32, "Texts per request to it."),
    Setting("embed", "embed_timeout_ms", whole(1, 600_000), 5_000, "How long to wait for it."),
    Setting("gateway", "gateway_upstreams", addresses, "https://api.openai.com", "Base URLs of the servers that answer what is not cached, between commas; the next one is asked when one fails."),
    Setting("gateway", "gateway_key", words, "", "The upstreams' API key; empty: what the caller sends as Authorization goes on to them.", secret=True),
    Setting("gateway", "gateway_anthropic_upstreams", addresses, "https://api.anthropic.com", "The same for Anthropic's API."),
    Setting("gateway", "gateway_anthropic_key", words, "", "The same for Anthropic's API; empty: the caller's x-api-key goes on.", secret=True),
    Setting("gateway", "gateway_timeout_ms", whole(1, 3_600_000), 600_000, "How long an upstream may be silent."),
    Setting("gateway", "gateway_retries", whole(0, 10), 2, "How often an upstream that fails is asked again before the next one is."),
    Setting("gateway", "gateway_temperature_max", number(0.0, 10.0), 10.0, "Requests with a higher temperature are not looked up and not stored.", mutable=True),
    Setting("gateway", "gateway_pace_ms", whole(0, 10_000), 0, "Pause between the parts of a stored answer that is streamed.", mutable=True),
    Setting("gateway", "gateway_prices", words, "", "TOML or JSON file with what models cost, to tell what hits saved; empty: the built-in table, with its date."),
    Setting("gateway", "gateway_log_saved", switch, False, "Write a line to the log for every call that was saved, without its texts.", mutable=True),
    Setting("gateway", "gateway_webhook", address, "", "Where saved calls are posted as JSON, in batches; empty: nowhere.", secret=True),
    Setting("gateway", "gateway_webhook_key", words, "", "Signs those batches: x-crowkis-signature is the HMAC-SHA256 of the body.", secret=True),
    Setting("gateway", "gateway_ttls", lifetimes, Lifetimes(), "Seconds stored answers live, by path or by the beginning of a model's name: /v1/chat/completions=86400,gpt-4*=600,/v1/embeddings=0; 0: no end."),
    Setting("gateway", "gateway_coalesce", one_of("exact", "semantic"), "exact", "Who waits for an answer on its way: whoever asks the very same, or also whoever asks nearly the same and may be given it once it is stored.", mutable=True),
    Setting("gateway", "gateway_stale", whole(0, LIFETIME_S_MAX), 0, "Seconds after its end that a stored answer is still served while the upstreams fail; 0: never."),
    Setting("log", "log_level", one_of("debug", "info", "warning", "error"), "info", "The least severe event written to stderr."),
    Setting("log", "structured_logs", switch, False, "JSON lines instead of lines for people."),
    Setting("log", "log_query_previews", switch, False, "Show prompts and answers in MONITOR and logs.", mutable=True),
)  # fmt: skip
"""`crowkis docs` prints this table."""

BY_NAME = {row.name: row for row in SETTINGS}


class Settings:
    """The values in force, one attribute per row of SETTINGS."""

    bind_host: str
    bind_port: int
    probe_host: str
    probe_port: int
    http_host: str
    http_port: int
    http_calls_per_minute: int
    live_questions: bool
    http_origins: str
    jwt_jwks: str
    jwt_audience: str
    jwt_issuer: str
    jwt_tenant_claim: str
    jwt_role_claim: str
    jwt_role: str
    auth_token: str
    max_connections: int
    output_buffer_bytes: int
    inbox_calls: int
    drain_timeout_ms: int
    notify_keyspace_events: str
    slowlog_log_slower_than: int
    slowlog_max_len: int
    latency_monitor_threshold: int
    debug_commands: bool
    data_dir: str
    backup_dir: str
    wal_sync: str
    scrub_mib_per_s: int
    memory_limit: int
    metric: str
    confidence_min: float
    similarity_min: float
    default_ttl_s: int
    intent_postures: Column[str]
    intent_shelf_lives: Column[int]
    intent_bars: Column[float | None]
    max_error: float
    feedback_noise: float
    flag_similarity_min: float
    trust_min: float
    embedder: str
    embed_workers: int
    embed_queue_texts: int
    embed_memo_bytes: int
    embed_cache_dir: str
    embed_url: str
    embed_key: str
    embed_model: str
    embed_dim: int
    embed_batch: int
    embed_timeout_ms: int
    gateway_upstreams: str
    gateway_key: str
    gateway_anthropic_upstreams: str
    gateway_anthropic_key: str
    gateway_timeout_ms: int
    gateway_retries: int
    gateway_temperature_max: float
    gateway_pace_ms: int
    gateway_prices: str
    gateway_log_saved: bool
    gateway_webhook: str
    gateway_webhook_key: str
    gateway_ttls: Lifetimes
    gateway_coalesce: str
    gateway_stale: int
    log_level: str
    structured_logs: bool
    log_query_previews: bool

    def __init__(self, **values: Any) -> None:
        for row in SETTINGS:
            setattr(self, row.name, values.pop(row.name, row.default))
        assert not values, f"not in SETTINGS: {sorted(values)}"

    def put(self, name: str, text: str) -> None:
        """Set one value from text. Raises SettingError naming the setting."""
        row = BY_NAME.get(name)
        if row is None:
            raise SettingError(f"unknown setting '{name}'")
        setattr(self, name, parse_value(row, text, name))

    def shown(self, name: str) -> str:
        """A value as text, secrets hidden."""
        value = getattr(self, name)
        if BY_NAME[name].secret:
            return "(set)" if value else ""
        return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def parse_value(row: Setting, text: str, source: str) -> Any:
    """Text to value; SettingError names `source`, the place the text came from."""
    try:
        return row.parse(text)
    except SettingError as error:
        shown = "" if row.secret else f" (it is {text!r})"
        raise SettingError(f"{source} {error}{shown}") from None


def load_file(path: Path) -> dict[str, str]:
    """The settings of a TOML file as text. Raises SettingError; an unknown section or key is named."""
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"cannot read settings file {path}: {error}") from error
    sections = {row.section for row in SETTINGS}
    found: dict[str, str] = {}
    for section, rows in tables.items():
        if section not in sections or not isinstance(rows, dict):
            raise SettingError(f"{path}: unknown section [{section}]; there are {', '.join(sorted(sections))}")
        for name, value in rows.items():
            row = BY_NAME.get(name)
            if row is None or row.section != section:
                raise SettingError(f"{path}: unknown key {section}.{name}")
            if not isinstance(value, str | int | float | bool):
                raise SettingError(f"{path}: {section}.{name} must be a single value")
            found[name] = str(value)
    return found


def load(flags: Mapping[str, str], environ: Mapping[str, str], file: Path | None) -> Settings:
    """Join flags, file, environment and defaults. Raises SettingError naming the first bad value or key."""
    settings = Settings()
    in_file = load_file(file) if file else {}
    for row in SETTINGS:
        if row.name in flags:
            setattr(settings, row.name, parse_value(row, flags[row.name], f"--{row.name.replace('_', '-')}"))
        elif row.name in in_file:
            setattr(settings, row.name, parse_value(row, in_file[row.name], f"{file}: {row.section}.{row.name}"))
        elif row.env in environ:
            setattr(settings, row.name, parse_value(row, environ[row.env], row.env))
    if settings.jwt_jwks and not settings.jwt_audience:
        raise SettingError("jwt_audience must be set with jwt_jwks: a token meant for others would open this server")
    return settings


def unknown_environment(environ: Mapping[str, str]) -> list[str]:
    """CROWKIS_ variables no setting reads: worth a word at start-up, not worth refusing to start.

    Container platforms invent such names for a service called crowkis (CROWKIS_SERVICE_HOST, ...).
    """
    known = {row.env for row in SETTINGS} | _ENV_ELSEWHERE
    return sorted(key for key in environ if key.startswith("CROWKIS_") and key not in known)


_ENV_ELSEWHERE = {"CROWKIS_CONFIG_PATH", "CROWKIS_HOST", "CROWKIS_PORT", "CROWKIS_TOKEN", "CROWKIS_TENANT"}
"""The settings file itself, and what `crowkis cli` and client programs read."""

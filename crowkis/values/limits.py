"""Names for every limit of the house that is not a setting. Units come last in the name."""

KIB = 1024
MIB = 1024 * KIB

REQUEST_ARGS_MAX = 1_024
BULK_BYTES_MAX = 64 * MIB
FRAME_BYTES_MAX = 128 * MIB
INLINE_BYTES_MAX = 64 * KIB
HTTP_BODY_BYTES_MAX = 32 * MIB
"""Of a request to the HTTP door."""
BATCH_CALLS_MAX = 1_024

QUESTION_BYTES_MAX = 256 * KIB
CONTEXT_BYTES_MAX = MIB
FINGERPRINT_CHARS_MAX = 256
IMAGE_BYTES_MAX = 8 * MIB
TENANT_CHARS_MAX = 256
TAGS_MAX = 32
TAG_CHARS_MAX = 128
VECTOR_DIMENSION_MAX = 4_096

CANDIDATES_FIRST = 8
CANDIDATES_MAX = 64
BELOW_MAX = 4
"""After so many candidates to which nothing was objected but a bar, a look-up gives up."""
SIMILARITY_FLOOR = 0.6
"""Where confidence decides: a question less similar than this is not even looked at."""

LEDGER_ROWS_MAX = 8_192
SWEEP_MAX = 64

DATABASES = 16
QUEUED_CALLS_MAX = 16_384
QUEUED_BYTES_MAX = 64 * MIB
"""What MULTI may queue for one client."""
WATCHED_KEYS_MAX = 16_384
WATCHED_BYTES_MAX = 4 * MIB
SUBSCRIPTIONS_MAX = 16_384
SUBSCRIPTION_BYTES_MAX = 4 * MIB
"""Of one client, channels and patterns together."""
TRACKED_BYTES_MAX = 64 * MIB
TRACKED_PREFIXES_MAX = 256
SCAN_COUNT_MAX = 10_000
DRAWS_MAX = 131_072
"""A random member can be asked for so many times at once, each drawn anew."""
EXPIRE_MS_MAX = 1 << 52

SOURCE_CHARS_MAX = 256
REASON_CHARS_MAX = 1_000
FLAGS_MAX = 16_384
TENANT_FLAGS_MAX = 1_024
FLAG_TEXT_CHARS_MAX = 4_096
"""A flagged question longer than this is recognised word for word only."""
FLAG_ANSWER_BYTES_MAX = 4_096
"""Of a flagged answer so much is kept to be shown; compared is a digest of all of it."""
SOURCES_MAX = 8_192
REPORTS_MAX = 16_384
TALLIES_MAX = 1_024
SERVES_MAX = 8_192
SERVES_BYTES_MAX = 4 * MIB
"""Which question an answer was served to last is remembered for so many answers, in so much memory."""
GONE_MAX = 1_024
"""Answers removed by a report that can still be reported by others."""

USERS_MAX = 1_024
USER_NAME_CHARS_MAX = 256
PASSWORDS_MAX = 16
ACCESS_RULES_MAX = 256
"""Of each kind (words, keys, channels) in one user."""
ACCESS_RULE_BYTES_MAX = 4 * KIB
DENIALS_MAX = 128
"""Lines of ACL LOG."""

API_KEYS_MAX = 1_024
API_KEY_NAME_CHARS_MAX = 128
QUOTAS_MAX = 4_096
QUOTA_MAX = 1 << 50
KV_VALUE_BYTES_MAX = MIB
KV_LIFE_S_MAX = 30 * 24 * 3600

SLOW_ARGUMENTS_MAX = 32
SLOW_ARGUMENT_BYTES_MAX = 128
"""Of a request in SLOWLOG."""
SPIKES_MAX = 160
"""Seconds LATENCY HISTORY remembers of an event."""

"""Text to vectors: the embedded model, a remote one, and a deterministic one for tests.

Two libraries read their switches once, when they are first imported or used, so these are set here, before any file
of this room imports them. Nothing else happens on import.
"""

import os

# Since 1.29 onnxruntime sends usage data over the network unless told not to; this server promises not to.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# The tokenizer's own threads would run beside the workers at full priority; one text at a time has no use for them.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

"""Text to vectors: the embedded model, a remote one, and a deterministic one for tests."""

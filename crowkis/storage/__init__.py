"""Bytes to bytes on a disk that may lie. Knows nothing of questions or answers."""

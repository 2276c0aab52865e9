"""Caches of frameworks, kept in a Crowkis server; each needs its framework installed."""

"""Nearest vectors, exact or by graph."""

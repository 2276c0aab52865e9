"""Crowkis: the answer cache that language-model products put in front of their model."""

__version__ = "0.1.0"

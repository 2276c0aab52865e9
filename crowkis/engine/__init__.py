"""Owns all state: one actor runs every call, decides nothing itself and waits for nothing."""

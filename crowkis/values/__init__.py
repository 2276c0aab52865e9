"""Frozen values every floor may speak of. This room imports nothing of ours and does nothing."""

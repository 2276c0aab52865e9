"""The models behind the gateway."""

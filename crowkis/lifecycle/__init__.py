"""Is it still good, what goes? Pure functions over values."""

"""Is it allowed, is it safe? Pure functions over values."""

"""Do two questions mean the same? Pure functions over values."""

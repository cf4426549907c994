"""Domain, readers, store and the files the product ships with."""

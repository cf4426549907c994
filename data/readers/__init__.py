"""Files in, domain values out: one format a file."""

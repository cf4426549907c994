"""HTTP service and command line: the only package that opens a database session or speaks HTTP."""

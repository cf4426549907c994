"""Rankings and what stands behind their numbers."""

"""Training jobs: label snapshots in, model bundles out."""

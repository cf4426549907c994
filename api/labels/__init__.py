"""Labels: ranking them for texts without training."""

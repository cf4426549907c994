"""Running the product: self-check, database, training, evaluation, service."""

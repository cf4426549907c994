"""The notions of the business as frozen values; standard library only."""

"""Keyed pseudonyms: the same customer or policy can be joined again, nobody can be told from them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
_MADE = re.compile(r"(?:cust|pol|id|pii)_[a-p]{16}")


@dataclass(frozen=True, slots=True)
class Pseudonymiser:
    """HMAC-SHA256 under a secret key, cut to 64 bits and written in letters that no masking rule touches."""

    key: bytes

    def pseudonym(self, kind: str, value: str) -> str:
        """`kind` is `cust`, `pol`, `id` or `pii`; a pseudonym given as value is returned as it is."""
        if _MADE.fullmatch(value):
            return value
        digest = hmac.new(
            self.key, f"{kind}:{value.strip()}".encode("utf-8", "surrogatepass"), hashlib.sha256
        )
        return f"{kind}_{digest.hexdigest()[:16].translate(_LETTERS)}"

    def fingerprint(self, content: str) -> str:
        """Keyed hash of a content, for telling whether it is known without keeping it; 32 hex digits."""
        digest = hmac.new(self.key, content.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return digest.hexdigest()[:32]


def new_key() -> bytes:
    """A fresh random key of 32 bytes."""
    return secrets.token_bytes(32)

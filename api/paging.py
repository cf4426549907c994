"""Opaque cursors: where a page ended."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import Any

from api.errors import ApiError, FieldError


def encode(*place: str | None) -> str:
    """A cursor from the last thing of a page."""
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode().rstrip("=")


def decode(cursor: str, size: int) -> list[str | None]:
    """The place a cursor stands for, `size` values. Raises ApiError 422 `bad_cursor`."""
    try:
        value: Any = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except ValueError as error:
        raise bad_cursor() from error
    if not isinstance(value, list) or len(value) != size or not all(isinstance(v, str | None) for v in value):
        raise bad_cursor()
    return value


def bad_cursor() -> ApiError:
    """The refusal of a cursor that is none of ours."""
    error = FieldError(field="cursor", code="bad_cursor", message="not a cursor of this service")
    return ApiError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "bad_cursor", "take `next_cursor` from the page before", [error]
    )

"""Figures as lines for the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any


def lines(figures: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Nested figures, one a line; groups of numbers stay on one line."""
    for name, value in figures.items():
        if isinstance(value, list):
            yield f"{indent}{name:<28} {len(value)} rows, shown by --json and --markdown"
        elif isinstance(value, Mapping) and any(isinstance(item, Mapping) for item in value.values()):
            yield f"{indent}{name}"
            yield from lines(value, indent + "  ")
        elif isinstance(value, Mapping):
            shown = "  ".join(f"{key} {_number(item)}" for key, item in value.items())
            yield f"{indent}{name:<28} {shown}"
        else:
            yield f"{indent}{name:<28} {_number(value)}"


def plain(value: Any) -> Any:
    """The same figures fit for JSON: nan becomes null, long fractions are cut."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value


def _number(value: Any) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.3f}"
    return str(value)

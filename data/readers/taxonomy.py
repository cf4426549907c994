"""configs/taxonomy.yaml → Taxonomy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from data.domain.errors import InvalidInputError
from data.domain.taxonomy import Label, Labels, Taxonomy

# Section of the file → field of Taxonomy.
_SECTIONS = {
    "channels": "channels",
    "caller_roles": "caller_roles",
    "speakers": "speakers",
    "journey_stages": "journey_stages",
    "intents": "intents",
    "problems": "problems",
    "delights": "delights",
    "outcomes": "outcomes",
    "emotions": "emotions",
}


def read_taxonomy(path: Path) -> Taxonomy:
    """Read a label set. Raises InvalidInputError naming the file and the section that is wrong."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInputError(f"{path}: cannot be read as YAML ({type(error).__name__})") from error
    if not isinstance(raw, Mapping) or not isinstance(raw.get("version"), int):
        raise InvalidInputError(f"{path}: expected a mapping with an integer `version`")
    sections = {field: _labels(path, section, raw.get(section)) for section, field in _SECTIONS.items()}
    severity = raw.get("severity")
    if not isinstance(severity, Mapping) or set(severity) != {1, 2, 3}:
        raise InvalidInputError(f"{path}: section `severity` must name the degrees 1, 2 and 3")
    return Taxonomy(
        version=raw["version"], severities={int(k): str(v) for k, v in severity.items()}, **sections
    )


def _labels(path: Path, section: str, raw: Any) -> Labels:
    if not isinstance(raw, Mapping) or not raw:
        raise InvalidInputError(f"{path}: section `{section}` is missing or empty")
    labels: dict[str, Label] = {}
    for code, value in raw.items():
        name = value.get("name") if isinstance(value, Mapping) else value
        if not isinstance(code, str) or not isinstance(name, str):
            raise InvalidInputError(f"{path}: section `{section}`: label {code!r} needs a text `name`")
        description = str(value.get("is", "")) if isinstance(value, Mapping) else ""
        labels[code] = Label(code, name, description, _examples(path, section, code, value))
    return labels


def _examples(path: Path, section: str, code: str, value: Any) -> tuple[str, ...]:
    examples = value.get("examples", []) if isinstance(value, Mapping) else []
    if not isinstance(examples, list) or not all(isinstance(e, str) and e.strip() for e in examples):
        raise InvalidInputError(
            f"{path}: section `{section}`: `examples` of {code!r} must be a list of texts"
        )
    return tuple(examples)

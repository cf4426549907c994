"""Health, readiness and the label set."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import PartsDep
from data.store.session import require_current

health = APIRouter(tags=["operations"])
taxonomy = APIRouter(tags=["taxonomy"])


class State(BaseModel):
    """The service's state."""

    status: str


@health.get("/healthz")
def alive() -> State:
    """The process answers."""
    return State(status="ok")


@health.get("/readyz")
def ready(parts: PartsDep) -> State:
    """The process can work: models are loaded and the database is there at the right revision (503 otherwise)."""
    require_current(parts.database.engine)
    return State(status="ready")


class LabelOut(BaseModel):
    """One label."""

    code: str
    name: str
    description: str


class TaxonomyOut(BaseModel):
    """The label set: codes, Chinese names, meanings."""

    version: int
    channels: list[LabelOut]
    caller_roles: list[LabelOut]
    journey_stages: list[LabelOut]
    intents: list[LabelOut]
    problems: list[LabelOut]
    delights: list[LabelOut]
    outcomes: list[LabelOut]
    emotions: list[LabelOut]
    severities: dict[int, str]


_SECTIONS = (
    "channels",
    "caller_roles",
    "journey_stages",
    "intents",
    "problems",
    "delights",
    "outcomes",
    "emotions",
)


@taxonomy.get("/taxonomy")
def get_taxonomy(parts: PartsDep) -> TaxonomyOut:
    """The label set in use."""
    labels = {
        section: [
            LabelOut(code=label.code, name=label.name, description=label.description)
            for label in getattr(parts.taxonomy, section).values()
        ]
        for section in _SECTIONS
    }
    return TaxonomyOut(version=parts.taxonomy.version, severities=dict(parts.taxonomy.severities), **labels)

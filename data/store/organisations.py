"""The organisation tree, grown from the names that conversations carry."""

from __future__ import annotations

import re

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from data.store.tables import OrganisationRow

HEADQUARTERS = "总公司"
_BRANCH_INSIDE = re.compile(r"^(.{2,12}?分公司)(.+)$")


def org_parts(name: str) -> tuple[str, ...]:
    """Names from branch to sub-branch.

    >>> org_parts("江苏分公司南通中心支公司"), org_parts("江苏分公司/南通中心支公司"), org_parts("总公司")
    (('江苏分公司', '南通中心支公司'), ('江苏分公司', '南通中心支公司'), ())
    """
    parts: list[str] = []
    for piece in re.split(r"[/／>、\\-]+", name):
        inside = _BRANCH_INSIDE.match(piece.strip())
        parts.extend(inside.groups() if inside else [piece.strip()])
    return tuple(part[:200] for part in parts if part and part != HEADQUARTERS)[:3]


def ensure(session: Session, name: str | None) -> int | None:
    """Id of the organisation a conversation names, made with its parents if new; None for no name."""
    if name is None:
        return None
    node = _node(session, HEADQUARTERS, HEADQUARTERS, None)
    path = ""
    for part in org_parts(name):
        path = f"{path}/{part}" if path else part
        node = _node(session, part, path, node)
    return node


def _node(session: Session, name: str, path: str, parent: int | None) -> int:
    found = session.scalar(select(OrganisationRow.id).where(OrganisationRow.path == path))
    if found is not None:
        return found
    row = OrganisationRow(name=name, path=path, parent_id=parent)
    session.add(row)
    session.flush()
    return row.id


def subtree(session: Session, name: str) -> list[int]:
    """Ids of the organisation and everything below it; empty for an unknown name. Headquarters is everything."""
    path = "/".join(org_parts(name))
    query = select(OrganisationRow.id)
    if path:
        like = path.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        query = query.where(
            or_(
                OrganisationRow.path == path,
                OrganisationRow.path.like(f"{like}/%", escape="\\"),
                OrganisationRow.path.like(f"%/{like}", escape="\\"),
            )
        )
    return list(session.scalars(query))


def paths(session: Session) -> dict[int, str]:
    """Path of every organisation."""
    return {row.id: row.path for row in session.scalars(select(OrganisationRow))}

"""The self-check: what is there, what is missing, and how to get it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from api.build import encoder_of, open_analyzer, open_database, taxonomy_of
from api.settings import Settings
from data.domain.errors import VocError
from data.store import reports
from data.store.session import current_revision, head_revision, open_engine
from nlp.bundle import current, load_bundle
from nlp.classifier_folder import problems as classifier_problems
from nlp.encoder_folder import DEFAULT, folder_of, problems
from training.tuned import TUNED

_PYTHONS = ((3, 11), (3, 12))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `remedy` says what to do when it is not in order."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything the product needs, changing nothing."""
    return [_guarded(name, check, settings) for name, check in _CHECKS.items()]


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """Make what can be made: encoder, model, key, database."""
    open_analyzer(settings, say)
    with open_database(settings):
        pass


def _guarded(name: str, check: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return check(settings)
    except VocError as error:
        return Finding(name, False, str(error), "see the message")


def _python(settings: Settings) -> Finding:
    found = sys.version_info[:2]
    return Finding(
        "python", found in _PYTHONS, ".".join(map(str, found)), "use Python 3.11 or 3.12 and run make install"
    )


def _folder(settings: Settings) -> Finding:
    folder = settings.var_dir
    nearest = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    return Finding(
        "var folder", os.access(nearest, os.W_OK | os.X_OK), str(folder),
        "give write permission on it, or set VOC_VAR_DIR to a folder that has it",
    )  # fmt: skip


def _taxonomy(settings: Settings) -> Finding:
    taxonomy = taxonomy_of(settings)
    return Finding("taxonomy", True, f"version {taxonomy.version}, {len(taxonomy.intents)} intents")


def _encoder(settings: Settings) -> Finding:
    if settings.encoder != DEFAULT:
        return Finding("encoder", True, encoder_of(settings).fingerprint)
    found = problems(folder_of(settings.models))
    return Finding(
        "encoder", not found, found[0] if found else "prepared, hashes right", "run voc doctor --prepare"
    )


def _classifier(settings: Settings) -> Finding:
    if settings.classifier == "none" or settings.encoder != DEFAULT:
        return Finding("classifier", True, "none: the linear heads decide alone")
    if not TUNED.is_dir():
        return Finding(
            "classifier", True, "no tuning run here: the linear heads decide alone; voc tune makes one"
        )
    found = classifier_problems(settings.models, TUNED)
    return Finding(
        "classifier", not found, found[0] if found else "prepared, hashes right", "run voc doctor --prepare"
    )


def _model(settings: Settings) -> Finding:
    identity, model = load_bundle(current(settings.bundles))
    same = model.taxonomy == taxonomy_of(settings).version
    detail = identity if same else f"{identity} was trained for taxonomy {model.taxonomy}"
    return Finding("model", same, detail, "run voc train")


def _key(settings: Settings) -> Finding:
    if settings.pseudonym_key:
        return Finding("pseudonym key", True, "from VOC_PSEUDONYM_KEY")
    path = settings.var_dir / "pseudonym.key"
    return Finding(
        "pseudonym key", path.is_file(), str(path),
        "the first ingest makes one; if there was one before, restore it from a backup",
    )  # fmt: skip


def _database(settings: Settings) -> Finding:
    engine = open_engine(settings.database)
    try:
        revision = current_revision(engine)
    finally:
        engine.dispose()
    ok = revision == head_revision()
    detail = f"{engine.dialect.name}, revision {revision or 'none'}"
    if ok:
        with open_database(settings, create=False) as database, database.readers() as session:
            detail += f", {reports.total(session)} conversations"
    return Finding("database", ok, detail, "run voc db upgrade")


_CHECKS = {
    "python": _python,
    "var folder": _folder,
    "taxonomy": _taxonomy,
    "encoder": _encoder,
    "classifier": _classifier,
    "model": _model,
    "pseudonym key": _key,
    "database": _database,
}


def lines(findings: list[Finding]) -> Iterator[str]:
    """The findings for the terminal."""
    for finding in findings:
        yield f"{'ok     ' if finding.ok else 'MISSING'}  {finding.name}: {finding.detail}"
        if not finding.ok and finding.remedy:
            yield f"         → {finding.remedy}"

"""Building the parts once, at the door: key, analyzer, database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from api.settings import Settings
from data.domain.analysis import Versions
from data.domain.errors import UnavailableError
from data.domain.taxonomy import Taxonomy
from data.readers.taxonomy import read_taxonomy
from data.store.session import current_revision, open_engine, require_current, session_factory, upgrade
from nlp.bundle import current, load_bundle
from nlp.classifier import Classifier
from nlp.classifier_folder import open_classifier
from nlp.encoder import Encoder
from nlp.encoder_folder import DEFAULT, open_encoder, prepare
from nlp.newcomer_tags import newcomers_by_part
from nlp.pipeline import Analyzer
from nlp.redaction.pseudonym import Pseudonymiser, new_key
from nlp.tokenizer import Tokenizer
from training.run import train
from training.tuned import TUNED

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Database:
    """Sessions that write, and sessions that only read."""

    engine: Engine
    sessions: sessionmaker[Session]
    readers: sessionmaker[Session]


def code_version() -> str:
    """Version of the product."""
    try:
        return version("tingdong")
    except PackageNotFoundError:
        return "unknown"


def taxonomy_of(settings: Settings) -> Taxonomy:
    """The configured label set."""
    return read_taxonomy(settings.config_dir / "taxonomy.yaml")


def open_pseudonymiser(settings: Settings, say: Say) -> Pseudonymiser:
    """With the key given, or the one kept in the var folder, made there once with access for the owner alone."""
    if settings.pseudonym_key:
        return Pseudonymiser(settings.pseudonym_key.encode())
    path = settings.var_dir / "pseudonym.key"
    try:
        if path.is_file():
            return Pseudonymiser(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        settings.var_dir.mkdir(parents=True, exist_ok=True)
        key = new_key()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(key.hex())
    except FileExistsError:
        return open_pseudonymiser(settings, say)
    except (OSError, ValueError) as error:
        raise UnavailableError(
            f"{path}: the pseudonym key cannot be read or made; restore it from a backup"
        ) from error
    say(f"made a pseudonym key in {path}; back it up: without it, repeat contacts cannot be joined any more")
    return Pseudonymiser(key)


def encoder_of(settings: Settings) -> Encoder:
    """The configured encoder, prepared on first use."""
    return open_encoder(settings.encoder, settings.models, settings.threads)


def classifier_of(settings: Settings) -> Classifier | None:
    """The configured classifier, prepared on first use.

    None where it is switched off, the encoder is not the default one, or no tuning run was shipped.
    """
    if settings.classifier == "none" or settings.encoder != DEFAULT or not TUNED.is_dir():
        return None
    return open_classifier(settings.models, TUNED, prepare(settings.models), settings.threads)


def ensure_bundle(settings: Settings, encoder: Encoder, classifier: Classifier | None, say: Say) -> Path:
    """Folder of the bundle in use; one is trained from the shipped corpus where there is none yet."""
    try:
        return current(settings.bundles)
    except UnavailableError:
        say("no trained model yet: training from the shipped corpus, about two minutes")
        train(taxonomy_of(settings), encoder, classifier, settings.bundles, code_version(), say)
        return current(settings.bundles)


def open_analyzer(settings: Settings, say: Say) -> Analyzer:
    """The analyzer with the bundle in use."""
    encoder, classifier = encoder_of(settings), classifier_of(settings)
    identity, model = load_bundle(ensure_bundle(settings, encoder, classifier, say))
    versions = Versions(bundle=identity, taxonomy=model.taxonomy, code=code_version())
    newcomers = newcomers_by_part(model, taxonomy_of(settings), encoder)
    return Analyzer(model, encoder, classifier, open_pseudonymiser(settings, say), versions, newcomers)


@contextmanager
def open_database(settings: Settings, *, create: bool = True) -> Iterator[Database]:
    """The database, its tables made if it has none; closed at the end.

    Raises UnavailableError when its tables are of another version.
    """
    engine = open_engine(settings.database)
    try:
        if create and current_revision(engine) is None:
            upgrade(engine)
        require_current(engine)
        yield Database(engine, session_factory(engine), session_factory(engine, writes=False))
    finally:
        engine.dispose()


def open_tokenizer() -> Tokenizer:
    """The tokenizer behind full-text search."""
    return Tokenizer()

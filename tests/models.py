"""A model trained once a test session: the real job on the shipped corpus, with the encoder that needs no weights."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.build import code_version, open_analyzer, taxonomy_of
from api.settings import Settings
from nlp.encoder import HashingEncoder
from nlp.pipeline import Analyzer
from training.run import TrainingResult, train


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingResult]:
    """A folder of bundles with a trained one in use, and what training reported."""
    bundles = tmp_path_factory.mktemp("bundles")
    result = train(taxonomy_of(Settings()), HashingEncoder(), None, bundles, code_version(), lambda _: None)
    return bundles, result


@pytest.fixture
def var(trained: tuple[Path, TrainingResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A var folder ready for commands, set in the environment together with the hashing encoder."""
    folder = tmp_path / "var"
    shutil.copytree(trained[0], folder / "bundles")
    monkeypatch.setenv("VOC_VAR_DIR", str(folder))
    monkeypatch.setenv("VOC_ENCODER", "hashing")
    for name in ("VOC_DATABASE_URL", "VOC_API_TOKEN", "VOC_PSEUDONYM_KEY", "VOC_TIMEZONE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture(scope="session")
def analyzer(trained: tuple[Path, TrainingResult], tmp_path_factory: pytest.TempPathFactory) -> Analyzer:
    """An analyzer with the trained model."""
    folder = tmp_path_factory.mktemp("var")
    shutil.copytree(trained[0], folder / "bundles")
    return open_analyzer(Settings(var_dir=folder, encoder="hashing"), lambda _: None)

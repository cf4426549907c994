"""The documents keep up with the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from api.cli import app as commands
from api.main import create_app
from api.settings import Settings
from data.domain.errors import VocError
from nlp.redaction import PiiType
from tests.api.cli import voc

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return [line for block in found for line in block.splitlines() if line.strip()]


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(VOC_\w+)`", text, re.MULTILINE))
    assert documented == {f"VOC_{name}".upper() for name in Settings.model_fields}


def test_every_route_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`((?:GET|POST|DELETE) /\S+)`", text))
    paths = create_app(Settings(), lambda _: None).openapi()["paths"]
    assert documented == {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_error_code_is_documented() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8") + (ROOT / "docs" / "formats.md").read_text(
        encoding="utf-8"
    )

    def codes(kind: type[VocError]) -> set[str]:
        return {kind.code} | {code for child in kind.__subclasses__() for code in codes(child)}

    assert not {code for code in codes(VocError) - {"error"} if f"`{code}`" not in text}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "data/readers").glob("*.py"))
    used = set(re.findall(r"\.(?:rejected|note|once)\(\s*\w+, \"(\w+)\"", source))
    assert len(used) > 8
    assert not {code for code in used if f"`{code}`" not in text}


def test_the_commands_of_the_readme_run(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ran = 0
    for line in blocks("console"):
        program, *arguments = shlex.split(line, comments=True)
        if program == "make":
            assert f"\n{arguments[0]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
            continue
        assert program == ".venv/bin/voc"
        result = voc(*arguments)
        # `doctor` with the encoder that needs no weights has nothing to miss.
        assert result.status == 0, (line, result.err)
        ran += 1
    assert ran >= 4


def test_the_commands_named_in_the_readme_exist() -> None:
    import typer.main

    known = typer.main.get_command(commands)
    names = set(known.commands)  # type: ignore[attr-defined]
    for name in set(re.findall(r"`?voc (\w+)", README)):
        assert name in names, name


def test_links_in_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_demo_finds_the_story_of_the_samples(var: Path) -> None:
    ran = voc("demo")
    assert ran.status == 0
    first = next(line for line in ran.out.splitlines() if line.startswith("  1."))
    assert "给付领取·时效慢" in first
    assert "变化 +" in first
    assert "“" in ran.out
    again = voc("demo")
    assert [line for line in again.out.splitlines() if line.startswith("  ")] == [
        line for line in ran.out.splitlines() if line.startswith("  ")
    ]


def test_every_kind_of_personal_data_of_the_contract_is_known() -> None:
    contract = "PHONE ID_CARD BANK_CARD POLICY_NO NAME ADDRESS EMAIL PLATE PASSPORT WECHAT DOB"
    assert {kind.value for kind in PiiType} == set(contract.split())

"""Run the RUN steps of the Dockerfile's build stage in a clean folder, then start the service as its CMD would."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Folders of the image → folders of the trial.
PLACES = {"/opt/voc": "venv", "/var/lib/voc": "state", "/app": "app"}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="voc-image-") as folder:
        root = Path(folder)
        (root / "app").mkdir()
        (root / "state").mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(root / "app")], input=archive, check=True)
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}
        environment |= {
            k: v
            for k, v in os.environ.items()
            if k.startswith(("PIP_", "SSL_")) or k.lower().endswith("_proxy")
        }
        for instruction, written in build_stage():
            argument = placed(written, root)
            if instruction == "ENV":
                for name, value in (pair.split("=", 1) for pair in shlex.split(argument)):
                    environment[name] = value.replace("$PATH", environment["PATH"])
            if instruction == "RUN":
                line = argument.replace("python -m venv", f"{sys.executable} -m venv", 1)
                print(f"RUN {line}", flush=True)
                subprocess.run(line, shell=True, check=True, cwd=root / "app", env=environment)
        environment.pop("VOC_PSEUDONYM_KEY")
        serve(environment, root)


def build_stage() -> list[tuple[str, str]]:
    """Instructions of the first stage, continued lines joined."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    stage = re.split(r"(?m)^FROM ", text)[1]
    return re.findall(r"(?m)^([A-Z]+) (.+)$", stage)


def placed(argument: str, root: Path) -> str:
    for image, trial in PLACES.items():
        argument = re.sub(rf"(?<![\w/]){image}\b", str(root / trial), argument)
    return argument


def serve(environment: dict[str, str], root: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(root / "venv/bin/voc"), "serve", "--host", "0.0.0.0", "--port", str(port)]
    refused = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert refused.returncode == 2, "it must not listen beyond loopback without a token"
    environment["VOC_API_TOKEN"] = secrets.token_hex(16)
    service = subprocess.Popen(command, env=environment, cwd=root)
    try:
        for _ in range(120):
            time.sleep(0.5)
            assert service.poll() is None, "the service stopped"
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=4) as answer:
                    print(f"service is ready: {answer.status}")
                    return
            except OSError:
                continue
        raise AssertionError("the service did not become ready within a minute")
    finally:
        service.terminate()
        service.wait(10)


if __name__ == "__main__":
    main()

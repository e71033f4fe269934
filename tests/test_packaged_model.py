"""The model that ships is the one that was checked in, whole and with its licence."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from vault_engine.index.embedder import packaged_model_folder

MODELS = packaged_model_folder().parent


def test_every_file_of_the_model_has_the_sum_it_was_checked_in_with():
    """SHA256SUMS names every file that is loaded, and each has that sum."""
    listed = dict(reversed(line.split()) for line in (MODELS / "SHA256SUMS").read_text("utf-8").splitlines())

    found = {name: hashlib.sha256((MODELS / name).read_bytes()).hexdigest() for name in listed}

    assert listed == found
    assert {"model.onnx", "tokenizer.json", "tokenizer_config.json", "config.json"} <= {Path(n).name for n in listed}


def test_the_licence_and_what_was_changed_lie_beside_the_model():
    """The Apache License asks for both."""
    assert "Apache License" in (packaged_model_folder() / "LICENSE").read_text("utf-8")
    assert "quantised to int8" in (packaged_model_folder() / "NOTICE").read_text("utf-8")


def test_to_load_it_leaves_nothing_in_the_home_folder(tmp_path):
    """The library that runs it would keep an identifier there, and tell its makers what it was used for."""
    program = "from vault_engine.index.embedder import FastembedModel, packaged_model_folder as folder\n"
    program += "FastembedModel('packaged', folder=folder()).embed(['a harbour'])"
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"} | home

    subprocess.run([sys.executable, "-c", program], env=env, check=True)

    assert [] == list(tmp_path.rglob("*"))

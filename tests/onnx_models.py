"""Small ONNX models, written field by field of their format; and what lies beside them in a folder."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

_FLOAT, _INT64 = 1, 7  # types of tensors
_INT, _INTS = 2, 7  # types of attributes
_OPSET = 11
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def counting_model() -> bytes:
    """Write the model ``score = sum(attention_mask) - 8`` of shape (batch, 1)."""
    return _model(
        _node("Cast", ["attention_mask"], "floats", _number("to", _FLOAT))
        + _node("ReduceSum", ["floats"], "count", _numbers("axes", 1), _number("keepdims", 1))
        + _node("Sub", ["count", "offset"], "score")
        + _constant("offset", [8.0], 1),
        1,
    )


def inference_folder(folder: Path, labels: Sequence[str] = ("contradiction", "entailment", "neutral")) -> Path:
    """Write a model for inference: a second sentence with "only" contradicts the first, one with "indeed" follows.

    Args:
        folder: is made.
        labels: what its columns are called.
    """
    folder.mkdir()
    vocabulary = {"[UNK]": 0, "only": 1, "indeed": 2}
    weights = [0.0, 0.0, 0.0, 22.0, 0.0, 0.0, 0.0, 22.0, 0.0]
    graph = (
        _node("Gather", ["weights", "input_ids"], "said", _number("axis", 0))
        + _node("Cast", ["token_type_ids"], "second", _number("to", _FLOAT))
        + _node("Unsqueeze", ["second"], "column", _numbers("axes", 2))
        + _node("Mul", ["said", "column"], "counted")
        + _node("ReduceSum", ["counted"], "sum", _numbers("axes", 1), _number("keepdims", 0))
        + _node("Add", ["sum", "neutral"], "score")
        + _constant("weights", weights, 3, 3)
        + _constant("neutral", [0.0, 0.0, 20.0], 3)
    )
    (folder / "model.onnx").write_bytes(_model(graph, 3))
    (folder / "config.json").write_text(json.dumps({"id2label": dict(enumerate(labels))}), "utf-8")
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A:0", pair="$A:0 $B:1", special_tokens=[])
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _model(graph: bytes, columns: int) -> bytes:
    """Write a model of a graph that gives ``score`` of shape (batch, columns)."""
    given = b"".join(_field(11, _tensor(name, _INT64, "batch", "length")) for name in _INPUTS)
    whole = graph + _field(2, "graph") + given + _field(12, _tensor("score", _FLOAT, "batch", columns))
    return _field(1, 8) + _field(7, whole) + _field(8, _field(1, "") + _field(2, _OPSET))


def _field(number: int, value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    head, rest = value & 127, value >> 7
    return bytes([head | 128]) + _varint(rest) if rest else bytes([head])


def _number(name: str, value: int) -> bytes:
    return _field(1, name) + _field(3, value) + _field(20, _INT)


def _numbers(name: str, *values: int) -> bytes:
    return _field(1, name) + b"".join(_field(8, value) for value in values) + _field(20, _INTS)


def _node(kind: str, inputs: list[str], output: str, *attributes: bytes) -> bytes:
    made = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind)
    return _field(1, made + b"".join(_field(5, attribute) for attribute in attributes))


def _constant(name: str, values: Sequence[float], *dims: int) -> bytes:
    shape = b"".join(_field(1, dim) for dim in dims)
    return _field(5, shape + _field(2, _FLOAT) + _field(4, struct.pack(f"<{len(values)}f", *values)) + _field(8, name))


def _tensor(name: str, kind: int, *dims: str | int) -> bytes:
    shape = b"".join(_field(1, _field(2, dim) if isinstance(dim, str) else _field(1, dim)) for dim in dims)
    return _field(1, name) + _field(2, _field(1, _field(1, kind) + _field(2, shape)))

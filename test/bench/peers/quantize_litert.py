"""Quantizes a float .tflite file with LiteRT's own quantizer: static, 8 bits.

    python quantize_litert.py MODEL.tflite FRAMES OUT.tflite

FRAMES holds float32 inputs, one after the other.
"""
import sys
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe

signature_key = "serving_default"


def with_signature(file: bytes) -> bytes:
    """Returns the file with the names by which the quantizer feeds a model: `input0`, `output0` and so on."""
    model = schema.ModelT.InitFromPackedBuf(file, 0)
    (graph,) = model.subgraphs

    def named(kind: str, tensors) -> list:
        maps = []
        for k, tensor in enumerate(tensors):
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = f"{kind}{k}".encode(), tensor
            maps.append(entry)
        return maps

    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = signature_key.encode(), 0
    signature.inputs, signature.outputs = named("input", graph.inputs), named("output", graph.outputs)
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(len(file))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def quantize(model: Path, frames_file: Path, out: Path) -> None:
    file = with_signature(model.read_bytes())
    (image,) = Interpreter(model_content=file).get_input_details()
    frames = np.fromfile(frames_file, np.float32).reshape(-1, *image["shape"])
    tool = quantizer.Quantizer(file, recipe.static_wi8_ai8())
    seen = tool.calibrate({signature_key: [{"input0": frame} for frame in frames]})
    out.write_bytes(tool.quantize(seen).quantized_model)


quantize(*map(Path, sys.argv[1:]))

"""Runs a .tflite file in LiteRT for a process at the other end of a pipe.

    python serve_litert.py MODEL.tflite THREADS INPUT OUTPUTS [processor]

INPUT is what the other end calls the one input, OUTPUTS a JSON list of what it calls the outputs. With `processor` runs are timed in the processor's time; codes
of the input and outputs are made of floats and back beside it.
"""
import json
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from pipe import serve

path, threads, name, output_names, *by = sys.argv[1:]
interpreter = Interpreter(path, num_threads=int(threads))
interpreter.allocate_tensors()
(image,) = interpreter.get_input_details()
outputs = interpreter.get_output_details()


def give(feeds: list[np.ndarray]) -> None:
    values = feeds[0]
    scale, zero_point = image["quantization"]
    if image["dtype"] != np.float32:
        values = np.clip(np.round(values / scale) + zero_point, -128, 127).astype(np.int8)
    interpreter.set_tensor(image["index"], values)


def values_of(output: dict) -> np.ndarray:
    values = interpreter.get_tensor(output["index"]).astype(np.float32)
    scale, zero_point = output["quantization"]
    return values if output["dtype"] == np.float32 else (values - zero_point) * np.float32(scale)


serve(
    [{"name": name, "dims": image["shape"].tolist()}],
    [{"name": k, "dims": output["shape"].tolist()} for k, output in zip(json.loads(output_names), outputs)],
    given=give,
    run=lambda _: interpreter.invoke(),
    made=lambda _: [values_of(output) for output in outputs],
    by_processor=by == ["processor"],
)

"""What bench `peers` asks of a quantizer: a JSON file, named by the one argument of the script."""
import json
import sys
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Job:
    """`nodes` are names in the ONNX file at `model`."""

    model: str
    out: str
    input_name: str
    input_shape: list[int]
    # float32, one input after the other
    frames_file: str
    # behind the prediction convolutions; empty to quantize them as the tool likes
    float_nodes: list[str]
    # convolutions whose weights get 4 bits
    four_bit_nodes: list[str]
    # of onnxruntime: MinMax or Percentile
    calibration: str

    def frames(self) -> np.ndarray:
        """Returns the calibration inputs, `[numFrames, *input_shape]`."""
        return np.fromfile(self.frames_file, np.float32).reshape(-1, *self.input_shape)


def read_job() -> Job:
    with open(sys.argv[1], encoding="utf-8") as file:
        return Job(**json.load(file))

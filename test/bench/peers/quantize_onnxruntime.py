"""Quantizes an ONNX file with onnxruntime's own tool, as its documentation advises for x86-64 with VNNI.

    python quantize_onnxruntime.py JOB.json
"""
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from job import Job, read_job


class Frames(CalibrationDataReader):
    def __init__(self, job: Job):
        self.inputs = iter([{job.input_name: frame} for frame in job.frames()])

    def get_next(self):
        return next(self.inputs, None)


def four_bit_weights(path: Path, nodes: list[str]) -> dict:
    """Returns the overrides that give the weights of these convolutions 4 bits, per output channel."""
    wanted = set(nodes)
    weights = {node.input[1] for node in onnx.load(path).graph.node if node.name in wanted}
    return {weight: [{"quant_type": QuantType.QInt4, "axis": 0, "symmetric": True}] for weight in weights}


def quantize(job: Job) -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        # Every shape is fixed, so that symbolic inference (and the package it needs) adds nothing.
        quant_pre_process(job.model, prepared, skip_symbolic_shape=True)
        quantize_static(
            prepared,
            job.out,
            Frames(job),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=job.float_nodes,
            calibrate_method=CalibrationMethod[job.calibration],
            extra_options={
                "CalibPercentile": 99.999,
                "TensorQuantOverrides": four_bit_weights(prepared, job.four_bit_nodes),
            },
        )


if __name__ == "__main__":
    quantize(read_job())

"""Quantizes an ONNX file, converted to OpenVINO, with NNCF's MIXED preset: symmetric weights, asymmetric activations.

    python quantize_nncf.py JOB.json
"""
import nncf
import openvino as ov

from job import Job, read_job


def quantize(job: Job) -> None:
    frames = job.frames()
    quantized = nncf.quantize(
        ov.convert_model(job.model),
        nncf.Dataset(frames, lambda frame: {job.input_name: frame}),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(frames),
        # The conversion drops some nodes, hence no complaint about names that are not there.
        ignored_scope=nncf.IgnoredScope(names=job.float_nodes, validate=False),
    )
    ov.save_model(quantized, job.out, compress_to_fp16=False)


if __name__ == "__main__":
    quantize(read_job())

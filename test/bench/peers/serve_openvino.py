"""Runs an OpenVINO model for a process at the other end of a pipe.

    python serve_openvino.py MODEL.xml THREADS [processor]

With `processor` runs are timed in the processor's time.
"""
import sys

import openvino as ov

from pipe import serve

model = ov.Core().compile_model(
    sys.argv[1],
    "CPU",
    {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": int(sys.argv[2]),
        # Else what is left float runs in bfloat16 where the CPU has it.
        "INFERENCE_PRECISION_HINT": "f32",
    },
)


def ports(of) -> list[dict]:
    return [{"name": port.any_name, "dims": list(port.shape)} for port in of]


serve(
    ports(model.inputs),
    ports(model.outputs),
    given=lambda feeds: feeds,
    run=model,
    made=lambda results: [results[port] for port in model.outputs],
    by_processor=sys.argv[3:] == ["processor"],
)

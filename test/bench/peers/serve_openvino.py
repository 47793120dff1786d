"""Runs an OpenVINO model for a process at the other end of a pipe; `pipeSession.ts` has the protocol.

    python serve_openvino.py MODEL.xml THREADS [processor]

Runs are timed by the clock, or in the time that all threads of this process took of the processor.
"""
import json
import os
import struct
import sys
import time

import numpy as np
import openvino as ov

timer = time.process_time if sys.argv[3:] == ["processor"] else time.perf_counter
# Whatever a library prints must not end up among the messages.
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def receive() -> bytes | None:
    length = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack("<I", length)[0]) if len(length) == 4 else None


def send(message: bytes) -> None:
    answers.write(struct.pack("<I", len(message)) + message)


def tensors(ports) -> list[dict]:
    return [{"name": port.any_name, "dims": list(port.shape)} for port in ports]


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
send(json.dumps({"inputs": tensors(model.inputs), "outputs": tensors(model.outputs)}).encode())
answers.flush()

while (message := receive()) is not None:
    messages = [message, *(receive() for _ in model.inputs[1:])]
    feeds = [np.frombuffer(data, np.float32).reshape(port.shape) for data, port in zip(messages, model.inputs)]
    start = timer()
    try:
        results = model(feeds)
    except RuntimeError as error:
        send(json.dumps({"error": str(error)}).encode())
    else:
        send(json.dumps({"runMs": 1000 * (timer() - start)}).encode())
        for port in model.outputs:
            send(np.ascontiguousarray(results[port], np.float32).tobytes())
    answers.flush()

"""The worker's end of a pipe; `pipeSession.ts` has the protocol."""
import json
import os
import struct
import sys
import time
from collections.abc import Callable

import numpy as np

# Whatever a library prints must not end up among the messages.
_answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)


def _receive() -> bytes | None:
    length = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack("<I", length)[0]) if len(length) == 4 else None


def _send(message: bytes) -> None:
    _answers.write(struct.pack("<I", len(message)) + message)


def serve(
    inputs: list[dict],
    outputs: list[dict],
    *,
    given: Callable,
    run: Callable,
    made: Callable,
    by_processor: bool,
) -> None:
    """Answers runs of a network until the pipe ends.

    Ports are `{"name", "dims"}`. `given` turns float32 arrays into what `run` takes, `made` what that returns into arrays. `run`
    alone is timed, by the clock, or in the time that all threads of this process took of the processor.
    """
    timer = time.process_time if by_processor else time.perf_counter
    _send(json.dumps({"inputs": inputs, "outputs": outputs}).encode())
    _answers.flush()
    while (message := _receive()) is not None:
        messages = [message, *(_receive() for _ in inputs[1:])]
        feeds = [np.frombuffer(data, np.float32).reshape(port["dims"]) for data, port in zip(messages, inputs)]
        taken = given(feeds)
        start = timer()
        try:
            results = run(taken)
        except RuntimeError as error:
            _send(json.dumps({"error": str(error)}).encode())
        else:
            _send(json.dumps({"runMs": 1000 * (timer() - start)}).encode())
            for result in made(results):
                _send(np.ascontiguousarray(result, np.float32).tobytes())
        _answers.flush()

/**
 * onnxruntime 1.30 for Linux reports its use to its maker over the network, and keeps an identifier of the device for
 * that, unless this variable is set when its library is loaded. A camera's box must not. Whoever wants it sets the
 * variable to 0.
 *
 * Worker threads only have a copy of the environment, so this has to happen in the main thread: on import of the engine.
 */
export function disableTelemetry(): void {
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
}

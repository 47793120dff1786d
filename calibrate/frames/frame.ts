/** One picture from a camera: still encoded, so that it is small to keep and to hash. */
export interface Frame {
  /** JPEG, PNG or WebP. */
  readonly bytes: Uint8Array;
  /** What the source calls it: a file name, or a time offset in a video. For messages and reports. */
  readonly name: string;
}

/** Something that delivers frames. Opening is lazy: the first iteration opens, leaving the loop closes. */
export interface FrameSource {
  /** For messages, e.g. `folder /data/frames`. */
  readonly description: string;
  /** It never ends by itself: a camera, or files played over and over. Default false. */
  readonly endless?: boolean;
  /**
   * Yields frames until the source ends or `signal` aborts.
   *
   * @throws AgentError `camera_unavailable`, `ffmpeg_missing`, `frames_missing`, `file_not_found`
   */
  frames(signal?: AbortSignal): AsyncIterable<Frame>;
}

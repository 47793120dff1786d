import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { AgentError } from '../../runtime/errors.js';
import type { Frame, FrameSource } from './frame.js';
import { JpegSplitter } from './jpegSplitter.js';

export interface VideoOptions {
  /** Frames per second of video time; absent: the file's own rate. */
  readonly fps?: number;
  /** Start over at the end, as a camera would go on. Default false. */
  readonly loop?: boolean;
  /** The program, by name in PATH or by path. Default `ffmpeg`. */
  readonly ffmpeg?: string;
}

/**
 * A video file as a source of JPEG frames, decoded by a child process `ffmpeg` that waits while nobody
 * takes frames and ends when the loop over the frames does.
 *
 * Its frames throw AgentError `ffmpeg_missing`; `camera_unavailable` with ffmpeg's last words;
 * `file_not_found`; `frames_missing` for a file without a picture.
 */
export function videoSource(path: string, options: VideoOptions = {}): FrameSource {
  return {
    description: `video ${path}`,
    endless: options.loop ?? false,
    async *frames(signal?: AbortSignal) {
      await checkFile(path);
      if (signal?.aborted) return;
      const child = start(path, options);
      const ended = endOf(child);
      const kill = () => child.kill('SIGKILL');
      signal?.addEventListener('abort', kill, { once: true });
      let count = 0;
      try {
        for await (const bytes of jpegs(child.stdout ?? [], path)) {
          if (signal?.aborted) return;
          yield frameOf(bytes, { path, index: count++, fps: options.fps });
        }
        const failure = await ended;
        if (signal?.aborted) return;
        if (failure !== undefined) throw failureOf(path, failure, options);
        if (count === 0) throw noPicture(path);
      } finally {
        signal?.removeEventListener('abort', kill);
        kill();
        await ended;
      }
    },
  };
}

/** The child has no streams when the system has no descriptor left for them; its `error` event then says so. */
function start(path: string, options: VideoOptions): ChildProcess {
  try {
    return spawn(options.ffmpeg ?? 'ffmpeg', ffmpegArguments(path, options), {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    throw failureOf(path, { startError: error as NodeJS.ErrnoException, lastLine: '' }, options);
  }
}

function ffmpegArguments(path: string, { fps, loop = false }: VideoOptions): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    // Without these a playlist or a name like `http:` would make ffmpeg fetch from elsewhere.
    ...['-protocol_whitelist', 'file,pipe'],
    ...(loop ? ['-stream_loop', '-1'] : []),
    ...['-i', `file:${resolve(path)}`, '-an'],
    ...(fps === undefined ? [] : ['-vf', `fps=${fps}`]),
    ...['-f', 'image2pipe', '-c:v', 'mjpeg', '-q:v', '2', 'pipe:1'],
  ];
}

interface Failure {
  /** The program could not be started. */
  readonly startError?: NodeJS.ErrnoException;
  readonly lastLine: string;
}

/** Resolves when the child is gone: to undefined when it ended well. Never rejects. */
async function endOf(child: ChildProcess): Promise<Failure | undefined> {
  const closed = once(child, 'close');
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4096);
  });
  const lastLine = () => stderr.trim().split('\n').at(-1) ?? '';
  try {
    const [exitCode] = await closed;
    return exitCode === 0 ? undefined : { lastLine: lastLine() };
  } catch (error) {
    return { startError: error as NodeJS.ErrnoException, lastLine: lastLine() };
  }
}

async function* jpegs(stdout: Readable | [], path: string): AsyncGenerator<Uint8Array> {
  const splitter = new JpegSplitter();
  for await (const chunk of stdout) {
    try {
      yield* splitter.push(chunk as Buffer);
    } catch (cause) {
      throw unavailable(path, 'ffmpeg wrote something else than JPEG images', cause);
    }
  }
}

function frameOf(
  bytes: Uint8Array,
  { path, index, fps }: { readonly path: string; readonly index: number; readonly fps: number | undefined },
): Frame {
  const place = fps === undefined ? `#${index}` : `@${(index / fps).toFixed(2)}s`;
  return { bytes, name: `${basename(path)}${place}` };
}

async function checkFile(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw new AgentError('file_not_found', `${path}: expected a video file, which is not there`, {
      cause,
      detail: { where: path },
    });
  }
}

function failureOf(
  path: string,
  { startError, lastLine }: Failure,
  { ffmpeg = 'ffmpeg' }: VideoOptions,
): AgentError {
  if (startError === undefined) return unavailable(path, lastLine || 'ffmpeg failed without a word');
  if (startError.code !== 'ENOENT') return unavailable(path, startError.message, startError);
  const mend = 'sudo apt-get install ffmpeg';
  return new AgentError(
    'ffmpeg_missing',
    `${path}: a video needs the program ${ffmpeg}, which is not installed (${mend})`,
    {
      cause: startError,
      detail: { where: path, expected: ffmpeg, mend },
    },
  );
}

function unavailable(path: string, reason: string, cause?: unknown): AgentError {
  return new AgentError('camera_unavailable', `${path}: expected a video that ffmpeg reads: ${reason}`, {
    ...(cause === undefined ? {} : { cause }),
    detail: { where: path, got: reason },
  });
}

function noPicture(path: string): AgentError {
  return new AgentError('frames_missing', `${path}: expected a video with pictures, got none`, {
    detail: { where: path },
  });
}

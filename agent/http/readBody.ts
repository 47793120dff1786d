import type { IncomingMessage } from 'node:http';
import { AgentError } from '../../runtime/errors.js';

/**
 * Returns the body of a request. One that is announced longer than `maxBytes` is refused unread; one that turns
 * out longer is refused at that byte. What is left of it is read and thrown away, so that the client can get its
 * answer and the connection lives on.
 *
 * @throws AgentError `body_too_large`, `aborted` when the client hangs up before the end
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > maxBytes) {
      request.resume();
      reject(tooLarge(maxBytes, announced));
      return;
    }
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      reject(tooLarge(maxBytes, sizeBytes));
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', (cause) => {
      reject(new AgentError('aborted', 'the connection broke before the end of the body', { cause }));
    });
  });
}

function tooLarge(maxBytes: number, sizeBytes: number): AgentError {
  return new AgentError('body_too_large', `expected a body of at most ${maxBytes} bytes, got ${sizeBytes}`, {
    detail: { expected: maxBytes, got: sizeBytes },
  });
}

import type { IncomingHttpHeaders } from 'node:http';
import busboy from 'busboy';
import { AgentError } from '../../runtime/errors.js';
import type { ImageBody } from './imageBody.js';

const limits = { files: 1, fields: 8, fieldSize: 256, parts: 16, headerPairs: 32 };

/**
 * Returns the file field `image` and the plain fields of a multipart form.
 *
 * @throws AgentError `bad_request` when the form is malformed or has no such file
 */
export function parseMultipart(headers: IncomingHttpHeaders, body: Buffer): Promise<ImageBody> {
  return new Promise((resolve, reject) => {
    const malformed = (cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      reject(new AgentError('bad_request', `malformed multipart form: ${message}`, { cause }));
    };
    let form: busboy.Busboy;
    try {
      form = busboy({ headers, limits });
    } catch (cause) {
      malformed(cause);
      return;
    }
    const chunks: Buffer[] = [];
    const parameters: Record<string, string> = {};
    form.on('file', (name, file) => {
      // A form cut short fails both streams; an error without a listener would end the process.
      file.on('error', malformed);
      file.on('data', (chunk: Buffer) => {
        if (name === 'image') chunks.push(chunk);
      });
    });
    form.on('field', (name, value) => {
      parameters[name] = value;
    });
    form.on('error', malformed);
    form.once('close', () => {
      if (chunks.length > 0) resolve({ image: Buffer.concat(chunks), parameters });
      else
        reject(new AgentError('bad_request', 'multipart form: expected a file in the field image, got none'));
    });
    form.end(body);
  });
}

import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request by node's own client, which shows the wire as it is, and returns the whole answer. */
export function send(
  url: string,
  options: RequestOptions & { body?: Uint8Array | string } = {},
): Promise<Answer> {
  const { body, ...requestOptions } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, requestOptions, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode!, headers: response.headers, body: text });
      });
    });
    request.once('error', reject);
    request.end(body);
  });
}

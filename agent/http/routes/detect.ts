import type { Response } from 'express';
import { serveDetections } from '../../../runtime/serving/serve.js';
import type { HttpDeps } from '../deps.js';
import { detectAnswer } from '../detectAnswer.js';
import { parseDeadlineMs, parseScoreThreshold } from '../detectParameters.js';
import type { HttpMetrics } from '../httpMetrics.js';
import { checkImageHeaders, parseImageBody } from '../imageBody.js';
import { readBody } from '../readBody.js';
import type { Route } from '../route.js';

/** `POST /v1/detect`: what the model in service detects in the image of the body. */
export function detectRoute(deps: HttpDeps, metrics: HttpMetrics): Route {
  const { limits, queue, observer } = deps;
  return {
    method: 'post',
    path: '/v1/detect',
    async handle(request, response) {
      const arrived = performance.now();
      const signal = hangUpSignal(response);
      checkImageHeaders(request.headers);
      const deadlineMs = parseDeadlineMs(request.headers) ?? limits.deadlineMs;
      // Under overload a refusal before the body is read costs neither its memory nor its time.
      const { image, parameters } = await queue.whileAdmitted(async () =>
        parseImageBody(request.headers, await readBody(request, limits.maxBodyBytes)),
      );
      const scoreThreshold = parseScoreThreshold({ ...request.query, ...parameters });
      const served = await serveDetections(deps, image, {
        maxPixels: limits.maxPixels,
        deadlineMs,
        signal,
        ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
      });
      const totalMs = performance.now() - arrived;
      metrics.noteDetection(served);
      observer?.onDetected?.(served, totalMs);
      response.set('X-Model-Digest', served.model.digest).json(detectAnswer(served, totalMs));
    },
  };
}

/** Aborts when the connection closes before the answer has been sent. */
function hangUpSignal(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client hung up'));
  });
  return controller.signal;
}

import type { HttpDeps } from '../deps.js';
import { sendError } from '../errorAnswer.js';
import type { Route } from '../route.js';

/** `GET /readyz`: 200 with the model in service, or 503 with the reason why nothing serves. */
export function readyRoute({ readiness, slot }: HttpDeps): Route {
  return {
    method: 'get',
    path: '/readyz',
    handle(_request, response) {
      const reason = readiness();
      if (reason === null) response.json({ status: 'ready', model: slot.current });
      else sendError(response, reason, 503);
    },
  };
}

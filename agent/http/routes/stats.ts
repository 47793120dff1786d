import type { HttpDeps } from '../deps.js';
import type { Route } from '../route.js';

/** `GET /v1/stats`: the agent's own figures, the model in service and the state of the queue. */
export function statsRoute({ stats, slot, queue }: HttpDeps): Route {
  return {
    method: 'get',
    path: '/v1/stats',
    handle(_request, response) {
      response.json({
        ...stats(),
        model: slot.current,
        queue: { waiting: queue.waiting, running: queue.running },
      });
    },
  };
}

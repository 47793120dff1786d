import type { HttpDeps } from '../deps.js';
import type { Route } from '../route.js';

/** `GET /metrics`: the registry in Prometheus' text format. */
export function metricsRoute({ registry }: HttpDeps): Route {
  return {
    method: 'get',
    path: '/metrics',
    async handle(_request, response) {
      response.set('Content-Type', registry.contentType).send(await registry.metrics());
    },
  };
}

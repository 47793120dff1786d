import type { HttpDeps } from '../deps.js';
import type { Route } from '../route.js';

/** `GET /v1/models`: the model versions on disk, and the one that serves. */
export function modelsRoute({ models, slot }: HttpDeps): Route {
  return {
    method: 'get',
    path: '/v1/models',
    async handle(_request, response) {
      response.json({ models: await models(), serving: slot.current });
    },
  };
}

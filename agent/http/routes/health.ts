import type { Route } from '../route.js';

/** `GET /healthz`: 200 as long as the process answers at all. */
export function healthRoute(): Route {
  return {
    method: 'get',
    path: '/healthz',
    handle(_request, response) {
      response.json({ status: 'ok', uptimeS: process.uptime() });
    },
  };
}

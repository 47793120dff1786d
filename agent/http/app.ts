import express, { type Express, type Request, type Response } from 'express';
import { AgentError } from '../../runtime/errors.js';
import type { HttpDeps } from './deps.js';
import { answerErrors } from './errorAnswer.js';
import { HttpMetrics } from './httpMetrics.js';
import type { Route } from './route.js';
import { detectRoute } from './routes/detect.js';
import { healthRoute } from './routes/health.js';
import { metricsRoute } from './routes/metrics.js';
import { modelsRoute } from './routes/models.js';
import { readyRoute } from './routes/ready.js';
import { statsRoute } from './routes/stats.js';

/** Returns the HTTP API as a request listener; `startHttpServer` gives it a port. */
export function createHttpApp(deps: HttpDeps): Express {
  const metrics = new HttpMetrics(deps);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(metrics.observeRequests);
  const routes = [
    detectRoute(deps, metrics),
    healthRoute(),
    readyRoute(deps),
    metricsRoute(deps),
    modelsRoute(deps),
    statsRoute(deps),
  ];
  for (const route of routes) {
    app.route(route.path)[route.method](route.handle).all(refuseMethod(route));
  }
  app.use((request: Request) => {
    throw new AgentError('not_found', `no route ${request.method} ${request.path}`);
  });
  app.use(answerErrors(deps, metrics));
  return app;
}

function refuseMethod({ method, path }: Route) {
  const allowed = method === 'get' ? 'GET, HEAD' : method.toUpperCase();
  return (request: Request, response: Response) => {
    response.set('Allow', allowed);
    throw new AgentError('method_not_allowed', `${path}: expected ${allowed}, got ${request.method}`, {
      detail: { where: path, expected: allowed, got: request.method },
    });
  };
}

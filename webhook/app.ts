import type { Socket } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { Clock } from '../api/environment.js';
import type { JudgedKind, Webhook } from './admission.js';
import { failure } from './answer.js';
import { bodyBudget, type BodyBudget } from './body.js';
import type { Recorder } from './recorder.js';
import { reviewHandler } from './review-handler.js';

export interface AppOptions {
  readonly kinds: readonly JudgedKind[];
  readonly clock: Clock;
  /** Milliseconds since any fixed moment, finer than the clock. */
  readonly elapsed: () => number;
  readonly recorder: Recorder;
  /** This connection should end with the answer (draining, or opened under a former certificate). */
  readonly shouldClose: (socket: Socket) => boolean;
}

const webhooks: readonly Webhook[] = ['mutate', 'validate'];

/** The routes. No answer of theirs is ever a redirect: the API server would follow it with its own credentials. */
export function createApp(options: AppOptions): Express {
  const app = express();
  const budget = bodyBudget();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', false);
  app.set('env', 'production');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  for (const kind of options.kinds) {
    for (const webhook of webhooks) {
      app
        .route(`/${webhook}/${kind.resource}`)
        .post(reviewRoute({ webhook, kind, budget }, options))
        .all((request: Request, response: Response) => {
          response.setHeader('Allow', 'POST');
          plain(request, response, { code: 405, reason: 'MethodNotAllowed', message: 'only POST is answered here' });
        });
    }
  }
  app.use((request: Request, response: Response) => {
    plain(request, response, { code: 404, reason: 'NotFound', message: 'no such webhook' });
  });
  app.use(lastResort);
  return app;

  function plain(
    request: Request,
    response: Response,
    answer: { code: number; reason: string; message: string },
  ): void {
    const { code, reason, message } = answer;
    options.recorder.unrouted(request.method, code);
    // A body may follow that nobody reads.
    send(response, { status: code, text: failure(code, reason, message), close: true });
  }
}

interface ReviewRoute {
  readonly webhook: Webhook;
  readonly kind: JudgedKind;
  readonly budget: BodyBudget;
}

function reviewRoute(route: ReviewRoute, { clock, elapsed, recorder, shouldClose }: AppOptions) {
  const { webhook } = route;
  const handle = reviewHandler({ ...route, clock });
  return async function answerReview(request: Request, response: Response): Promise<void> {
    const started = elapsed();
    const reply = await handle(request);
    send(response, { ...reply, close: reply.close || shouldClose(request.socket) });
    recorder.reviewed(webhook, reply, elapsed() - started);
  };
}

function send(response: Response, { status, text, close }: { status: number; text: string; close: boolean }): void {
  if (response.destroyed) return;
  const headers: Record<string, string | number> = {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  };
  if (close) headers.Connection = 'close';
  response.writeHead(status, headers).end(text);
}

/** Express's own error page would show a stack. Four parameters are how Express knows an error handler. */
const lastResort: ErrorRequestHandler = (_error, _request, response, _next) => {
  if (response.headersSent) response.destroy();
  else send(response, { status: 400, text: failure(400, 'BadRequest', 'the request cannot be read'), close: true });
};

import { VERSION, type Readiness } from '@tracer/service-kit';
import type { Request, Response } from 'express';

/**
 * `/health` as Zipkin's clients and probes read it, with the members that all services of the suite have. DOWN (503) while
 * the database cannot be reached.
 */
export function zipkinHealth(readiness: () => Readiness) {
  return async (_: Request, response: Response): Promise<void> => {
    const { checks } = await readiness().report();
    const status = checks.every(({ ok }) => ok) ? 'UP' : 'DOWN';
    const details = Object.fromEntries(
      checks.map(({ name, ok, detail }) => [
        name,
        { status: ok ? 'UP' : 'DOWN', ...(detail === undefined ? {} : { details: { error: detail } }) },
      ]),
    );
    const service = { service: 'span-api', version: VERSION, uptimeSeconds: Math.floor(process.uptime()) };
    response.status(status === 'UP' ? 200 : 503).json({ status, zipkin: { status, details }, ...service });
  };
}

import type { Response } from 'express';
import type { ClusterAnswer } from './cluster.js';

/** Puts a cluster's answer on the response and returns what is left to be sent; a failure is for the error filter. */
export function prepareAnswer(response: Response, { headers, status, body, failure }: ClusterAnswer): object | string {
  response.set(headers);
  if (failure !== undefined) throw failure;
  response.status(status);
  if (typeof body === 'object') return body;
  response.type('application/json');
  return JSON.stringify(body);
}

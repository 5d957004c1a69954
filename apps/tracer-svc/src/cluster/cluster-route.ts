import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse, ApiTags, type ApiResponseOptions } from '@nestjs/swagger';

const HEADERS = {
  'X-Tracer-Nodes': { description: 'Nodes that answered, of those known: `7/8`', schema: { type: 'string' } },
  'X-Tracer-Warnings': {
    description: 'Nodes whose part is missing, and why; absent when nothing is',
    schema: { type: 'string' },
  },
} as const;

const FAILURE = { headers: HEADERS, schema: { type: 'string', description: 'What went wrong' } } as const;

/** Documents what all routes over the cluster have in common. */
export function ClusterRoutes(tag: string): ClassDecorator {
  const failures: [number, string][] = [
    [400, 'The nodes refuse the request, or do not know the id (GET)'],
    [404, 'No node has what is asked for, or one refuses the change'],
    [413, 'The body is larger than 1 MiB'],
    [500, 'No node answered'],
  ];
  return applyDecorators(
    ApiTags(tag),
    ApiHeader({ name: 'X-Request-Id', required: false, description: 'Given to the nodes and echoed' }),
    ...failures.map(([status, description]) => ApiResponse({ ...FAILURE, status, description })),
  );
}

/** The documented success of a cluster route. */
export function clusterOk(response: ApiResponseOptions): ApiResponseOptions {
  return { status: 200, headers: HEADERS, ...response };
}

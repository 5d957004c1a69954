import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { clusterScopeOf, tenantOf } from './tenant.js';

/** The tenant that the request names by the header `X-Project-Id`. */
export const TenantHeader = createParamDecorator((_: unknown, context: ExecutionContext) =>
  tenantOf(context.switchToHttp().getRequest<Request>().headers),
);

/** The `clusterId` and `namespace` headers. */
export const ClusterScopeHeaders = createParamDecorator((_: unknown, context: ExecutionContext) =>
  clusterScopeOf(context.switchToHttp().getRequest<Request>().headers),
);

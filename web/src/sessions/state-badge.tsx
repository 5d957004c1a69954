import type { ReactNode } from 'react';
import { Badge } from '../design/index.js';
import type { SessionState } from './session-api.js';

const KINDS = { running: 'good', failed: 'error', interrupted: 'warn' } as const;

export function StateBadge({ state }: { readonly state: SessionState }): ReactNode {
  const kind = (KINDS as Partial<Record<SessionState, 'good' | 'error' | 'warn'>>)[state];
  return <Badge {...(kind && { kind })}>{state}</Badge>;
}

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** Names of which a client certificate must have one; empty when any will do. */
export type CertificateNames = readonly string[];

/** Whether the other end showed a certificate of one of our authorities, with an accepted name. */
export function certifiedBy(socket: Socket, names: CertificateNames): boolean {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  if (names.length === 0) return true;
  const { subject, subjectaltname = '' } = socket.getPeerCertificate();
  const own = [
    ...[subject.CN].flat(),
    ...subjectaltname.split(', ').map((entry) => entry.replace(/^(DNS|URI|IP Address):/, '')),
  ];
  return own.some((name) => name !== undefined && names.includes(name));
}

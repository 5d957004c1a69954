import { fstatSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { TracerError } from '@tracer/base';
import { FileSource } from '../kernels/byte-source.js';
import type { FileIdentity } from '../query/file-facts.js';

const ENDS_BYTES = 64 * 1024;

/** What a file looked like when it was indexed: any difference means that the index is not about it. */
export interface FileMark {
  readonly sizeBytes: number;
  /** Decimal nanoseconds. */
  readonly modifiedNs: string;
  /** Checksums of the first and the last 64 KiB. */
  readonly head: number;
  readonly tail: number;
}

/** The identity of an open file. @throws TracerError STORAGE_FAILED when it is no regular file */
export function identityOf(fd: number): FileIdentity {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFile()) throw new TracerError('STORAGE_FAILED', 'not a regular file');
  return { sizeBytes: Number(stat.size), modifiedNs: stat.mtimeNs, inode: stat.ino };
}

/** An identity as part of the key of what is kept about a file: another file under the same name has another one. */
export function textOf({ sizeBytes, modifiedNs, inode }: FileIdentity): string {
  return `${sizeBytes} ${modifiedNs} ${inode}`;
}

/** @param identity of the open file `fd` */
export function markOf(fd: number, { sizeBytes, modifiedNs }: FileIdentity): FileMark {
  const source = new FileSource(fd);
  const bytes = Buffer.allocUnsafe(ENDS_BYTES);
  const sum = (position: number): number => crc32(bytes.subarray(0, source.read(bytes, position)));
  const head = sum(0);
  return { sizeBytes, modifiedNs: String(modifiedNs), head, tail: sum(Math.max(0, sizeBytes - ENDS_BYTES)) };
}

export function sameMark(a: FileMark, b: FileMark): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs && a.head === b.head && a.tail === b.tail;
}

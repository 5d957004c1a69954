/** The longest line that is looked at; longer ones are skipped and counted. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** What the file on disk was when it was read: any difference means "read it again". */
export interface FileIdentity {
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
  readonly inode: bigint;
}

/**
 * Why a file gave less than its bytes, or nothing:
 *
 * - `truncated`: the gzip stream ends before its trailer (still being written, or cut). Its complete lines are served;
 * - `damaged`: bytes that are no gzip, a broken deflate stream, or a CRC or length that does not fit. Only what comes
 *   before the damaged member is served: nothing that no checksum vouches for;
 * - `garbage`: bytes after the last member that are no gzip. All members are served, as gzip itself does.
 */
export interface FileProblem {
  readonly kind: 'truncated' | 'damaged' | 'garbage';
  /** Offset in the file, of the member (damaged), of the garbage, or of the end (truncated). */
  readonly atByte: number;
  readonly message: string;
}

/** Everything that a file holds and no answer will show. */
export interface SkippedCounts {
  /** Lines that are no JSON object. */
  readonly invalidLines: number;
  /** Lines over MAX_LINE_BYTES. */
  readonly oversizedLines: number;
  /** Raw bytes behind the last complete line of an incomplete file. */
  readonly tailBytes: number;
  /** Bytes of the file behind the last gzip member. */
  readonly garbageBytes: number;
}

export interface FileFacts {
  readonly identity: FileIdentity;
  readonly format: 'gzip' | 'plain';
  /**
   * Whether the file ends as it should: a gzip trailer, or a plain file whose last line is whole. A file that is not
   * complete is served up to its last newline.
   */
  readonly complete: boolean;
  readonly problem?: FileProblem | undefined;
  /** Gzip members, 1 for a plain file. */
  readonly members: number;
  /** Length of the raw text that is served. */
  readonly usableBytes: number;
  /** Newlines in the usable text. */
  readonly lines: number;
  readonly events: number;
  readonly metadataRecords: number;
  readonly skipped: SkippedCounts;
  /** Places where reading can start; 0 without an index. */
  readonly checkpoints: number;
  readonly indexed: boolean;
}

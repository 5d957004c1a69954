import { describe, expect, it } from '@jest/globals';
import { ProtobufWriter } from '../bytes/protobuf-writer.js';
import { DecodeError } from '../decode-error.js';
import type { DecodedSpans } from '../decoded-spans.js';
import { decodeZipkinV2Proto } from './zipkin-v2-proto.js';

/** A list of one span with these fields. */
function decode(write: (writer: ProtobufWriter) => void, limits = {}): DecodedSpans {
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    write(writer);
  });
  return decodeZipkinV2Proto(writer.finish(), limits);
}

const ids = (writer: ProtobufWriter): void => {
  writer.hex(1, '00000000000000aa');
  writer.hex(3, '00000000000000bb');
};
const failure = (write: (writer: ProtobufWriter) => void): string => {
  try {
    decode(write);
    return 'accepted';
  } catch (error) {
    return error instanceof DecodeError ? error.message : String(error);
  }
};

describe('Zipkin v2 proto3', () => {
  it.each([
    ['ab', '00000000000000ab'],
    ['0123456789abcdef', '0123456789abcdef'],
    ['010123456789abcdef', '00000000000000010123456789abcdef'],
    [`0000000000000000${'ab'.repeat(8)}`, 'ab'.repeat(8)],
  ])('a trace id of the bytes %s', (hex, traceId) => {
    const { spans } = decode((writer) => {
      writer.hex(1, hex);
      writer.hex(3, 'c0');
    });
    expect(spans[0]).toMatchObject({ traceId, id: '00000000000000c0' });
  });

  it.each<[string, (writer: ProtobufWriter) => void]>([
    ['Missing : traceId id', () => undefined],
    [
      'Missing : id',
      (writer) => {
        writer.hex(1, 'aa');
      },
    ],
    [
      'traceId is all zeros',
      (writer) => {
        writer.hex(1, '0000');
      },
    ],
    [
      'traceId is empty',
      (writer) => {
        writer.stringAlways(1, '');
      },
    ],
    [
      'traceId.length > 32',
      (writer) => {
        writer.hex(1, '11'.repeat(17));
      },
    ],
    [
      'id is all zeros',
      (writer) => {
        writer.hex(3, '00');
      },
    ],
    [
      'id.length > 16',
      (writer) => {
        writer.hex(3, '11'.repeat(9));
      },
    ],
    [
      'parentId.length > 16',
      (writer) => {
        writer.hex(2, '11'.repeat(9));
      },
    ],
    [
      'invalid port 65536',
      (writer) => {
        writer.message(8, () => {
          writer.uint32(4, 65536);
        });
      },
    ],
  ])('refuses: %s', (reason, write) => {
    const message = failure((writer) => {
      write(writer);
    });
    expect(message).toMatch(
      new RegExp(`^${reason.replace(/[.>]/g, '\\$&')} reading List<Span> from proto3 \\(at byte \\d+\\)$`),
    );
  });

  it('normalises as the JSON form does', () => {
    const { spans, losses } = decode(
      (writer) => {
        ids(writer);
        writer.hex(2, '0000000000000000');
        writer.uint32(4, 1);
        writer.fixed64(6, 2n ** 64n - 5n);
        writer.int64(7, -5n);
        writer.bool(13, true);
        writer.message(8, () => undefined);
        writer.message(9, () => {
          writer.bytes(2, Uint8Array.of(1, 2, 3));
          writer.int64(4, -1n);
          writer.string(1, 'Stock');
        });
        for (const value of ['a', 'b', 'c']) {
          writer.message(10, () => {
            writer.fixed64(1, 7n);
            writer.string(2, value);
          });
        }
        writer.message(10, () => {
          writer.string(2, 'no time');
        });
        writer.message(11, () => {
          writer.string(1, 'empty');
        });
        writer.string(99, 'of the future');
      },
      { events: 2 },
    );
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      parentId: undefined,
      kind: 3,
      startNs: undefined,
      durationNs: undefined,
      shared: false,
      localEndpoint: undefined,
      remoteEndpoint: { serviceName: 'Stock', ipv4: undefined, port: 0 },
      events: [{ name: 'a' }, { name: 'b' }],
      droppedEvents: 1,
      attributes: { flat: ['empty', ''] },
    });
    expect(losses).toMatchObject({ events: 1 });
  });

  it('kinds of the future are none', () => {
    const { spans } = decode((writer) => {
      ids(writer);
      writer.uint32(4, 9);
    });
    expect(spans[0]?.kind).toBe(0);
  });
});

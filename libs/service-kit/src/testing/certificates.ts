import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** PEM texts. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface CertificateOptions {
  /** Common name, and DNS name beside the address 127.0.0.1; `localhost` when not given. */
  readonly name?: string;
  /** Whole days from now until it expires; negative: it has expired. 1 when not given. */
  readonly days?: number;
}

/** DER: tag, length, content. */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const octets = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...octets), content]);
}

const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Uint8Array): Buffer => der(0x03, Buffer.of(0), content);
const utcTime = (timeMs: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(timeMs).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = '550403';
const SUBJECT_ALT_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';
const DAY_MS = 86_400_000;

/** An authority that issues certificates, made anew for each test: no private key has to lie in the repository. */
export class TestAuthority {
  readonly #privateKey: KeyObject;
  readonly #name: Buffer;
  /** Its own certificate. */
  readonly cert: string;

  constructor(name = `authority ${randomBytes(4).toString('hex')}`) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#privateKey = privateKey;
    this.#name = distinguished(name);
    this.cert = this.#certificate(this.#name, publicKey, [name], 1, true);
  }

  get ownKey(): string {
    return pemKey(this.#privateKey);
  }

  issue({ name = 'localhost', days = 1 }: CertificateOptions = {}): KeyAndCertificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cert = this.#certificate(distinguished(name), publicKey, [name], days, false);
    return { key: pemKey(privateKey), cert };
  }

  #certificate(subject: Buffer, publicKey: KeyObject, names: string[], days: number, isAuthority: boolean): string {
    const now = Date.now();
    const validity = sequence(utcTime(now - 10 * DAY_MS), utcTime(now + days * DAY_MS));
    const alternative = sequence(
      ...names.map((name) => der(0x82, Buffer.from(name))),
      der(0x87, Buffer.of(127, 0, 0, 1)),
    );
    const extensions = sequence(
      sequence(oid(SUBJECT_ALT_NAME), der(0x04, alternative)),
      ...(isAuthority
        ? [
            sequence(
              oid(BASIC_CONSTRAINTS),
              der(0x01, Buffer.of(0xff)),
              der(0x04, sequence(der(0x01, Buffer.of(0xff)))),
            ),
          ]
        : []),
    );
    const toSign = sequence(
      der(0xa0, der(0x02, Buffer.of(2))),
      der(0x02, Buffer.concat([Buffer.of(1), randomBytes(7)])),
      ECDSA_WITH_SHA256,
      this.#name,
      validity,
      subject,
      publicKey.export({ type: 'spki', format: 'der' }),
      der(0xa3, extensions),
    );
    return pem('CERTIFICATE', sequence(toSign, ECDSA_WITH_SHA256, bits(sign('sha256', toSign, this.#privateKey))));
  }
}

/** A certificate for localhost that is its own authority. */
export function selfSigned(): KeyAndCertificate {
  const authority = new TestAuthority('localhost');
  return { key: authority.ownKey, cert: authority.cert };
}

function distinguished(name: string): Buffer {
  return sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(name)))));
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/**
 * A typed attribute value; its JavaScript type is its type on the wire, so no wrapper object is needed:
 * string · boolean · bigint = int64 · number = double · Uint8Array = bytes · array = array · Attributes = key-value list ·
 * undefined = a value that was sent empty.
 */
export type AttributeValue =
  string | boolean | bigint | number | Uint8Array | readonly AttributeValue[] | Attributes | undefined;

/** Key-value pairs in the order in which they came; keys are unique. One flat array: key, value, key, value, … */
export class Attributes {
  static readonly empty = new Attributes([]);

  /** Asks for unique keys; `Attributes.of` takes any. */
  constructor(readonly flat: readonly AttributeValue[]) {}

  /** The later value of a repeated key wins and keeps the place of the first. */
  static of(pairs: Iterable<readonly [string, AttributeValue]>): Attributes {
    const flat: AttributeValue[] = [];
    for (const [key, value] of new Map(pairs)) flat.push(key, value);
    return flat.length === 0 ? Attributes.empty : new Attributes(flat);
  }

  get size(): number {
    return this.flat.length >>> 1;
  }

  keyAt(index: number): string {
    return this.flat[index * 2] as string;
  }

  valueAt(index: number): AttributeValue {
    return this.flat[index * 2 + 1];
  }

  indexOf(key: string): number {
    for (let i = 0; i < this.flat.length; i += 2) if (this.flat[i] === key) return i >>> 1;
    return -1;
  }

  has(key: string): boolean {
    return this.indexOf(key) >= 0;
  }

  /** The value of a key; undefined also when it was sent empty (`has` tells). */
  get(key: string): AttributeValue {
    const index = this.indexOf(key);
    return index < 0 ? undefined : this.valueAt(index);
  }

  /** The value of a key if it is a non-empty string. */
  text(key: string): string | undefined {
    const value = this.get(key);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  *entries(): IterableIterator<[string, AttributeValue]> {
    for (let i = 0; i < this.size; i++) yield [this.keyAt(i), this.valueAt(i)];
  }
}

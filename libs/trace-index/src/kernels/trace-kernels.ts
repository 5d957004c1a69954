import { TRACE_KERNELS_BASE64 } from './trace-kernels-wasm.js';

/** What `libs/trace-index/assembly/index.ts` exports. Pointers are byte offsets in the memory of the instance. */
export interface KernelFunctions {
  add_class(name: number, cat: number, phase: number): number;
  add_lane(pid: number, tid: number): number;
  add_text(at: number, length: number): number;
  checksum_add(from: number, end: number): void;
  checksum_begin(): void;
  checksum_end(): number;
  columns_sketch(): number;
  columns_state(): number;
  count_lines(from: number, end: number): number;
  decode(from: number, end: number, wanted: number): number;
  density(): void;
  density_state(): number;
  dictionary_record(which: number): number;
  dictionary_rehash(which: number): void;
  encode(out: number): number;
  find_text(which: number, at: number, length: number): number;
  fold(): void;
  full_dictionary(): number;
  gather(text: number, end: number, rows: number, count: number, tidy: number, out: number): number;
  hash_places(at: number, length: number): number;
  heap_base(): number;
  inflate(): number;
  inflate_reopen(): number;
  inflate_state(): number;
  keep_window(): void;
  locate(text: number, end: number, rows: number, count: number, out: number): void;
  note_hash(at: number, length: number, key: number): void;
  pack_window(out: number): number;
  scan(from: number, stop: number): number;
  scan_hash_bits(): number;
  scan_reset(): void;
  scan_state(): number;
  shift_times(from: number, end: number, origin: number): number;
  skip_lines(from: number, end: number, count: number): number;
  unpack_window(from: number, end: number, target: number): number;
}

const PAGE_BYTES = 65_536;
/** What the module was linked for; `scripts/build-wasm.mjs` says the same. */
const INITIAL_PAGES = 64;

let compiled: WebAssembly.Module | undefined;

/**
 * One instance of the kernels with its own memory. The kernels keep their tables in that memory, so an instance decodes
 * one stream and scans one file at a time; every worker and every open decoder has its own.
 *
 * ```
 *  0            heap_base                                       end
 *  ├────────────┼───────────┬───────────┬──────────────┬─────────┤
 *  │ tables     │ areas taken with allocate(), in order │ unused │
 *  └────────────┴───────────┴───────────┴──────────────┴─────────┘
 * ```
 */
export class TraceKernels {
  readonly run: KernelFunctions;
  readonly #memory: WebAssembly.Memory;
  #next: number;
  #bytes: Buffer;
  #scratch = 0;
  #scratchBytes = 0;

  constructor() {
    compiled ??= new WebAssembly.Module(Buffer.from(TRACE_KERNELS_BASE64, 'base64'));
    this.#memory = new WebAssembly.Memory({ initial: INITIAL_PAGES });
    this.run = new WebAssembly.Instance(compiled, { env: { memory: this.#memory } }).exports as KernelFunctions;
    this.#next = this.run.heap_base();
    this.#bytes = Buffer.from(this.#memory.buffer);
  }

  /** The whole memory. Never keep it: growing the memory detaches it. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Takes `size` bytes for good, 16-byte aligned and zero-filled. */
  allocate(size: number): number {
    const at = (this.#next + 15) & ~15;
    this.#next = at + size;
    this.#reserve(this.#next);
    return at;
  }

  /** An area for one call to a kernel; the next call of `scratch` hands out the same. */
  scratch(size: number): number {
    if (size > this.#scratchBytes) {
      this.#scratchBytes = Math.max(4096, size * 2);
      this.#scratch = this.allocate(this.#scratchBytes);
    }
    return this.#scratch;
  }

  /** Grows the memory so that every address below `end` exists. */
  #reserve(end: number): void {
    const missing = end - this.#memory.buffer.byteLength;
    if (missing <= 0) return;
    this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    this.#bytes = Buffer.from(this.#memory.buffer);
  }

  u32(at: number, length: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, at, length);
  }

  f64(at: number, length: number): Float64Array {
    return new Float64Array(this.#memory.buffer, at, length);
  }
}

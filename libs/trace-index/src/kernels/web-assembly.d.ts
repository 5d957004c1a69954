/** The part of the WebAssembly interface that the kernels need; the Node types do not declare it. */
declare namespace WebAssembly {
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  /** Compiled code; opaque. */
  type Module = object;
  interface Instance {
    readonly exports: object;
  }
  const Memory: new (descriptor: { initial: number; maximum?: number }) => Memory;
  const Module: new (bytes: Uint8Array) => Module;
  const Instance: new (module: Module, imports: { env: { memory: Memory } }) => Instance;
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A process of the built suite that a test started. */
export class TestProcess {
  readonly output: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(script: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [`dist/apps/${script}`, ...argv], { env: { ...process.env, ...env } });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => this.output.push(text));
    this.#ended = once(this.#child, 'exit');
  }

  /** Resolves when a URL answers; fails with the output when the process ends before or two minutes are over. */
  async answers(url: string): Promise<void> {
    const deadline = Date.now() + 120_000;
    while ((await fetch(url).catch(() => undefined)) === undefined) {
      if (Date.now() > deadline || this.#child.exitCode !== null)
        throw new Error(`${url} never answered:\n${this.output.join('')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

/** The gateway with the trace files of a directory behind it. */
export class FilesSuite {
  #indexer: TestProcess | undefined;
  #gateway: TestProcess | undefined;
  readonly url: string;

  constructor(
    private readonly directory: { readonly traces: string; readonly index: string },
    private readonly port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  async start(): Promise<void> {
    const { traces, index } = this.directory;
    const argv = ['-d', traces, '-p', String(this.port + 1), '--index-dir', index];
    this.#indexer = new TestProcess('trace-indexer/src/main.js', argv);
    await this.#indexer.answers(`http://127.0.0.1:${this.port + 1}/health`);
    await this.startGateway();
  }

  async startGateway(): Promise<void> {
    this.#gateway = new TestProcess('tracer-svc/src/main.js', ['--address', `127.0.0.1:${this.port}`], {
      TRACER_INDEXER_URL: `http://127.0.0.1:${this.port + 1}`,
    });
    await this.#gateway.answers(`${this.url}/health`);
  }

  async stopGateway(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = undefined;
  }

  async stop(): Promise<void> {
    await this.stopGateway();
    await this.#indexer?.stop();
  }
}

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { compressed } from './build/compressed.js';
import { firstFrame } from './build/first-frame.js';
import { speedscope } from './build/speedscope.js';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Relative addresses throughout, so that the page also works below a path (`kubectl proxy`, a reverse proxy). */
export default defineConfig({
  root,
  base: './',
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2023',
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  // `npm run dev:web` beside a running suite: the page reloads by itself, the data is that of the suite.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/v1', '/zipkin', '/jaeger', '/health', '/ready', '/docs', '/status', '/events'].map((path) => [
        path,
        'http://127.0.0.1:8080',
      ]),
    ),
  },
  plugins: [firstFrame(), speedscope(), compressed()],
});

import type { HtmlTagDescriptor, Plugin, Rolldown } from 'vite';
import { PAGE_TITLES } from '../src/shell/page-titles.js';

/** What the browser can show before any script has run: the head of the page, as React draws it a moment later. */
export function firstFrame(): Plugin {
  return {
    name: 'first-frame',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const links = Object.entries(PAGE_TITLES).map(([path, title]) => `<a href="#/${path}">${title}</a>`);
        const head = `<a href="#/" class="brand">tracer</a><nav class="nav" aria-label="Pages">${links.join('')}</nav>`;
        const frame = `<div class="shell"><header class="header">${head}</header></div>`;
        return {
          html: html.replace('<div id="root"></div>', `<div id="root">${frame}</div>`),
          tags: bundle === undefined ? [] : preloads(html, Object.values(bundle)),
        };
      },
    },
  };
}

/** The page that opens first is asked for together with the script that opens it, not after it. */
function preloads(html: string, outputs: readonly Rolldown.OutputBundle[string][]): HtmlTagDescriptor[] {
  const chunks = outputs.filter((output) => output.type === 'chunk');
  const first = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith('/files/files-page.tsx'));
  if (first === undefined) throw new Error('the first page is in no chunk of its own');
  const tag = (attrs: Record<string, string>): HtmlTagDescriptor => ({ tag: 'link', attrs, injectTo: 'head' });
  const scripts = [first.fileName, ...first.imports].filter((file) => !html.includes(file));
  const styles = [...(first.viteMetadata?.importedCss ?? [])].filter((file) => !html.includes(file));
  return [
    ...scripts.map((file) => tag({ rel: 'modulepreload', crossorigin: '', href: `./${file}` })),
    ...styles.map((file) => tag({ rel: 'preload', as: 'style', crossorigin: '', href: `./${file}` })),
  ];
}

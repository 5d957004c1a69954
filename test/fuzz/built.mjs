/** A module of the built tree, which is what runs. */
export function built(path) {
  return import(new URL(`../../dist/${path}`, import.meta.url).href);
}

/** Characters of a value that are shown at once. */
export const SHOWN_CHARACTERS = 2_000;

/** The beginning of a long text, and how long it is; a pair of surrogates is not cut apart. */
export function cutText(text: string, most = SHOWN_CHARACTERS): { readonly shown: string; readonly cut: boolean } {
  if (text.length <= most) return { shown: text, cut: false };
  const isPair = /[\uD800-\uDBFF]/.test(text.charAt(most - 1));
  return { shown: text.slice(0, isPair ? most - 1 : most), cut: true };
}

/** The text of an attribute's value. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

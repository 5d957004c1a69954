/** Names of processes and pods are chosen by whoever is traced: none may move the cursor or forge a line. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** The text with every control character but the tab as its escape (`\u001b`). */
export function withoutControls(text: string): string {
  return text.replaceAll(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Integers from here on may not be exact as a double. */
const SAFE_DIGITS = 15;

/** Parses JSON; integers of 16 digits or more become their text, because `JSON.parse` would round 64-bit ids. */
export function parseLossless(text: string): unknown {
  return JSON.parse(quoteLongIntegers(text));
}

/** Strings are matched whole, so that digits inside them are left alone. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

function quoteLongIntegers(text: string): string {
  return text.replace(TOKENS, (token) => (token.length > SAFE_DIGITS && /^-?\d+$/.test(token) ? `"${token}"` : token));
}

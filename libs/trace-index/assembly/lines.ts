// Lines of decoded text, by number.

/** The address behind the `n`-th newline from `p` on; `end` when there are fewer. */
export function skip_lines(p: usize, end: usize, n: u32): usize {
  if (!n) return p;
  const newlines = i8x16.splat(10);
  while (p + 16 <= end) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(p), newlines));
    const here = <u32>popcnt<i32>(mask);
    if (here >= n) return p + nth(mask, n);
    n -= here;
    p += 16;
  }
  while (p < end) {
    if (load<u8>(p) == 10 && !--n) return p + 1;
    p++;
  }
  return end;
}

export function count_lines(p: usize, end: usize): u32 {
  const newlines = i8x16.splat(10);
  let n: u32 = 0;
  for (; p + 16 <= end; p += 16) n += <u32>popcnt<i32>(i8x16.bitmask(i8x16.eq(v128.load(p), newlines)));
  for (; p < end; p++) n += load<u8>(p) == 10 ? 1 : 0;
  return n;
}

/** How many bytes up to and with the `n`-th set bit. */
function nth(mask: i32, n: u32): usize {
  while (--n) mask &= mask - 1;
  return <usize>ctz<i32>(mask) + 1;
}

function isBlank(c: u32): bool {
  return c == 32 || c == 9 || c == 13;
}

/** Appends the record in the line `[p, end)`, which may end with its newline, and a newline. */
function copyTrimmed(p: usize, end: usize, out: usize): usize {
  if (end > p && load<u8>(end - 1) == 10) end--;
  while (end > p && isBlank(load<u8>(end - 1))) end--;
  if (end > p && load<u8>(end - 1) == 0x2c) {
    end--;
    while (end > p && isBlank(load<u8>(end - 1))) end--;
  }
  while (p < end && isBlank(load<u8>(p))) p++;
  memory.copy(out, p, end - p);
  store<u8>(out + (end - p), 10);
  return out + (end - p) + 1;
}

/** Start and end of the lines with the ascending numbers in `rows`, as address pairs, newlines excluded. */
export function locate(text: usize, end: usize, rows: usize, n: u32, out: usize): void {
  let p = text;
  let line: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const row = load<u32>(rows + ((<usize>i) << 2));
    p = skip_lines(p, end, row - line);
    const stop = skip_lines(p, end, 1);
    store<u32>(out + ((<usize>i) << 3), <u32>p);
    // Without its newline; the last line of a text may have none.
    store<u32>(out + ((<usize>i) << 3), <u32>(stop > p && load<u8>(stop - 1) == 10 ? stop - 1 : stop), 4);
    p = stop;
    line = row + 1;
  }
}

/**
 * Copies the records of the lines with the ascending numbers in `rows` out of `[text, end)`, each with one newline; the
 * answer is behind the copy. `tidy` = all lines are records without anything around them and end with a newline.
 */
export function gather(text: usize, end: usize, rows: usize, n: u32, tidy: bool, out: usize): usize {
  let p = text;
  let line: u32 = 0;
  let i: u32 = 0;
  while (i < n) {
    const first = load<u32>(rows + ((<usize>i) << 2));
    let run: u32 = 1;
    while (i + run < n && load<u32>(rows + ((<usize>(i + run)) << 2)) == first + run) run++;
    p = skip_lines(p, end, first - line);
    if (tidy) {
      const stop = skip_lines(p, end, run);
      memory.copy(out, p, stop - p);
      out += stop - p;
      p = stop;
    } else {
      for (let k: u32 = 0; k < run; k++) {
        const stop = skip_lines(p, end, 1);
        out = copyTrimmed(p, stop, out);
        p = stop;
      }
    }
    line = first + run;
    i += run;
  }
  return out;
}

/** Where `"ts"`, a newline, or one of the bytes `{ [ \` comes first from `p` on; reads up to 19 bytes behind it. */
function timeOrStop(p: usize, newlineOnly: bool): usize {
  const quote = i8x16.splat(0x22);
  const t = i8x16.splat(0x74);
  const s = i8x16.splat(0x73);
  const newline = i8x16.splat(10);
  const backslash = i8x16.splat(0x5c);
  const brace = i8x16.splat(newlineOnly ? 10 : 0x7b);
  const bracket = i8x16.splat(newlineOnly ? 10 : 0x5b);
  while (true) {
    const here = v128.load(p);
    const key = v128.and(
      v128.and(i8x16.eq(here, quote), i8x16.eq(v128.load(p, 1), t)),
      v128.and(i8x16.eq(v128.load(p, 2), s), i8x16.eq(v128.load(p, 3), quote)),
    );
    const stop = v128.or(
      v128.or(i8x16.eq(here, newline), i8x16.eq(here, backslash)),
      v128.or(i8x16.eq(here, brace), i8x16.eq(here, bracket)),
    );
    const mask = i8x16.bitmask(v128.or(key, stop));
    if (mask) return p + <usize>ctz<i32>(mask);
    p += 16;
  }
}

/**
 * Replaces the times of the lines in `[p, end)`, each of which ends with a newline, by their distance from `origin`, with
 * blanks for the digits that become superfluous. Returns where it met a line that is not of the plain shape of which
 * `shift-block.ts` tells; that line is as it was.
 */
export function shift_times(p: usize, end: usize, origin: f64): usize {
  while (p < end) {
    const key = timeOrStop(p + 1, false);
    if (load<u8>(key) != 0x22 || load<u8>(key, 4) != 0x3a || (key > p + 1 && load<u8>(key - 1) != 0x2c)) return p;
    const newline = timeOrStop(key + 1, true);
    if (load<u8>(newline) != 10) return p;
    const digits = key + 5;
    let q = digits;
    let value: u64 = 0;
    for (let c = <u32>load<u8>(q) - 48; c < 10 && q - digits < 17; c = <u32>load<u8>(q) - 48) {
      value = value * 10 + <u64>c;
      q++;
    }
    const behind = load<u8>(q);
    if (q == digits || (behind != 0x2c && behind != 0x7d) || value > 9007199254740991) return p;
    let rest: u64 = <f64>value > origin ? value - <u64>origin : 0;
    do {
      q--;
      store<u8>(q, <u32>(rest % 10) + 48);
      rest /= 10;
    } while (rest);
    while (q > digits) store<u8>(--q, 32);
    p = newline + 1;
  }
  return end;
}

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

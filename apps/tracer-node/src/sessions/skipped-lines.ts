const NEWLINE = 0x0a;
/** How a capture owns up, in the lines it hands over, to those that it left out. */
const NOTICE = Buffer.from('"name":"tail skipped"');

/** How many events are missing when these lines are thrown away: theirs, and those that they say are missing already. */
export function eventsIn(lines: Buffer): number {
  let count = countLines(lines);
  for (let at = lines.indexOf(NOTICE); at >= 0; at = lines.indexOf(NOTICE, at + NOTICE.length)) {
    const from = lines.lastIndexOf(NEWLINE, at) + 1;
    const end = lines.indexOf(NEWLINE, at);
    count += skippedBy(lines.toString('utf8', from, end < 0 ? lines.length : end)) - 1;
  }
  return count;
}

function skippedBy(notice: string): number {
  try {
    const { args } = JSON.parse(notice) as { args?: { count?: unknown } };
    return typeof args?.count === 'number' ? args.count : 1;
  } catch {
    // A line of that name that is none of ours.
    return 1;
  }
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

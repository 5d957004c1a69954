/**
 * Lets one run of `work` be under way at a time. Calls made meanwhile share one run that starts afterwards: so an
 * answer is never older than its question, and a crowd of callers costs two runs.
 */
export function takingTurns<T>(work: () => Promise<T>): () => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | undefined;
  return () => {
    if (next !== undefined) return next;
    const turn = last.then(() => {
      next = undefined;
      return work();
    });
    next = turn;
    // A failed run is its callers' business; the next one starts all the same.
    last = turn.catch(() => undefined);
    return turn;
  };
}

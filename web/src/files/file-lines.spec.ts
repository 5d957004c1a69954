import { expect, it } from '@jest/globals';
import { linesOf } from './file-lines.js';
import type { FileBounds } from './files-api.js';

const file = (path: string): FileBounds => ({ path, state: 'ready', is_small: true, has_checkpoint_index: false });
const shown = (paths: readonly string[], find = ''): string[] =>
  linesOf(paths.map(file), find).map((line) =>
    line.kind === 'dir' ? `${line.path}/ ${line.files.length} + ${line.below}` : line.path,
  );

it('lists files under their directories, numbers in their order', () => {
  expect(shown(['b/r-10.pfw', 'a.pfw', 'b/r-9.pfw'])).toEqual([
    '/ 1 + 0',
    'a.pfw',
    'b/ 2 + 0',
    'b/r-9.pfw',
    'b/r-10.pfw',
  ]);
});

it('offers a directory of directories as a job, also when it has no files itself', () => {
  expect(shown(['job/n1/a.pfw', 'job/n2/b.pfw', 'other/x/c.pfw'])).toEqual([
    'job/ 0 + 2',
    'job/n1/ 1 + 0',
    'job/n1/a.pfw',
    'job/n2/ 1 + 0',
    'job/n2/b.pfw',
    'other/x/ 1 + 0',
    'other/x/c.pfw',
  ]);
  expect(shown(['job/a.pfw', 'job/n2/b.pfw'])[0]).toBe('job/ 1 + 1');
});

it('leaves out what does not contain the text', () => {
  expect(shown(['job/A.pfw', 'job/b.pfw'], 'a.p')).toEqual(['job/ 1 + 0', 'job/A.pfw']);
});

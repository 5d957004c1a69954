import { constants } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { errnoName } from './errno.js';

describe('errnoName', () => {
  it('agrees with the C library about every number it names', () => {
    const names = new Map(Object.entries(constants.errno).map(([name, errno]) => [errno, name]));
    // Two names share these numbers; the kernel's headers define the second as the first.
    names.set(constants.errno.EAGAIN, 'EAGAIN').set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP');
    expect([...names.keys()].map(errnoName)).toEqual([...names.values()]);
  });

  it('knows the last one, the restarts inside the kernel, and what has no name', () => {
    expect([1, 38, 133, 512, 516, 41, 58, 0, 4000].map(errnoName)).toEqual([
      'EPERM',
      'ENOSYS',
      'EHWPOISON',
      'ERESTARTSYS',
      'ERESTART_RESTARTBLOCK',
      'E41',
      'E58',
      'E0',
      'E4000',
    ]);
  });
});

/** Pages that a 6.18 x86-64 kernel wrote, and what it said about them itself in `trace` and `stats`. */
import { gunzipSync } from 'node:zlib';
import { EventFormat, type FieldFormat } from '../event-format.js';

type Row = readonly [name: string, type: string, offset: number, size: number];

function format(name: string, id: number, ...rows: readonly Row[]): EventFormat {
  const fields = rows.map(([field, type, offset, size]): FieldFormat => {
    const isText = type === 'char';
    const isLocated = isText && size === 4;
    return {
      name: field,
      type,
      offset,
      size,
      signed: type === 'int' || type === 'pid_t' || type === 'long',
      kind: isText ? 'text' : 'int',
      elementSize: isText && !isLocated ? 1 : size,
      locatedFrom: isLocated ? 0 : undefined,
    };
  });
  return new EventFormat(name, id, fields);
}

const NR: Row = ['__syscall_nr', 'int', 8, 4];

export const FORMATS = {
  newtask: format(
    'task/task_newtask',
    205,
    ['pid', 'pid_t', 8, 4],
    ['comm', 'char', 12, 16],
    ['clone_flags', 'u64', 32, 8],
  ),
  rename: format(
    'task/task_rename',
    204,
    ['pid', 'pid_t', 8, 4],
    ['oldcomm', 'char', 12, 16],
    ['newcomm', 'char', 28, 16],
  ),
  fork: format(
    'sched/sched_process_fork',
    366,
    ['parent_comm', 'char', 8, 4],
    ['parent_pid', 'pid_t', 12, 4],
    ['child_comm', 'char', 16, 4],
    ['child_pid', 'pid_t', 20, 4],
  ),
  exec: format(
    'sched/sched_process_exec',
    365,
    ['filename', 'char', 8, 4],
    ['pid', 'pid_t', 12, 4],
    ['old_pid', 'pid_t', 16, 4],
  ),
  exit: format('sched/sched_process_exit', 369, ['comm', 'char', 8, 16], ['pid', 'pid_t', 24, 4]),
  switch: format('sched/sched_switch', 372, ['prev_pid', 'pid_t', 24, 4], ['next_pid', 'pid_t', 56, 4]),
  enterOpenat: format(
    'syscalls/sys_enter_openat',
    782,
    NR,
    ['dfd', 'int', 16, 8],
    ['filename', 'const char *', 24, 8],
    ['flags', 'int', 32, 8],
    ['mode', 'umode_t', 40, 8],
  ),
  exitOpenat: format('syscalls/sys_exit_openat', 781, NR, ['ret', 'long', 16, 8]),
  enterRead: format(
    'syscalls/sys_enter_read',
    842,
    NR,
    ['fd', 'unsigned int', 16, 8],
    ['buf', 'char *', 24, 8],
    ['count', 'size_t', 32, 8],
  ),
  exitRead: format('syscalls/sys_exit_read', 841, NR, ['ret', 'long', 16, 8]),
} as const;

const page = (base64: string): Buffer => gunzipSync(Buffer.from(base64, 'base64'));

/** A shell runs `sleep 0.2`, then `cat`: two CPUs, a gap that takes a time-extend entry, and only the used part of each page. */
export const LINEAGE_PAGES = [
  page(
    'H4sIAAAAAAACA3v9/BfTahYGhhomBjDgYWBgOMvAwDA3nIFhXjgDQ3EGAyZwROWe4GdmyGOE6JFgYAbT0gzMMP1gI/aF8NczMjAwcDIwMBQyQs3OSU0tQDIHJFbBwMAAUqdzKBfujq1EuoNDnxGrO7YiuYPntTrDGQYVsBg2c5MTSzCs8Vypw5DLCFEvwsAL16tfWlykn5SZpw/V5COUx8DHDJFjZITonfP//38QvbHg/Oz79WBXopidVsjIwIumhxkqd8aGFad5DxzPYDVvmS5u894URuI0T2QW945/9ZhB7OaC2zzOH3zguATJoYfbVqS41FyoClY3F0t4z0VSBwDrnllcjAIAAA==',
  ),
  page(
    'H4sIAAAAAAACA1v+8g/TahYGhj8MEMDDwMBwhoGBYV44BBdnMKCA4pzU1AJUIYZOA2uGXEaIehEGfrhe/dLiIv2kzDx9qKYzGXkMfMwQOUZGiN45////B9EbFRi/36wHsThQzHZrYGTgRdPDDJV708SK07wHH/9+w2beMUfc5gEApd76QgwBAAA=',
  ),
] as const;

/** The kernel's own text of the two pages, without CPU and flags. */
export const LINEAGE_TEXT = [
  '22429 5132.535917 task_newtask pid=22430 comm=sh clone_flags=4100',
  '22429 5132.535923 sched_process_fork comm=sh pid=22429 child_comm=sh child_pid=22430',
  '22430 5132.536048 task_rename pid=22430 oldcomm=sh newcomm=sleep',
  '22430 5132.536169 sched_process_exec filename=/usr/bin/sleep pid=22430 old_pid=22430',
  '22430 5132.536395 openat 0xffffff9c 0x7fd9f70120b1 0x80000',
  '22430 5132.536398 openat = 3',
  '22430 5132.536410 openat 0xffffff9c 0x7fd9f6fdf1e0 0x80000',
  '22430 5132.536412 openat = 3',
  '22430 5132.736756 sched_process_exit comm=sleep pid=22430',
  '22429 5132.736981 task_newtask pid=22453 comm=sh clone_flags=4100',
  '22429 5132.736984 sched_process_fork comm=sh pid=22429 child_comm=sh child_pid=22453',
  '22453 5132.737065 task_rename pid=22453 oldcomm=sh newcomm=cat',
  '22453 5132.737157 sched_process_exec filename=/usr/bin/cat pid=22453 old_pid=22453',
  '22453 5132.737382 openat 0xffffff9c 0x7fdf9bcf70b1 0x80000',
  '22453 5132.737385 openat = 3',
  '22453 5132.737396 openat 0xffffff9c 0x7fdf9bcc41e0 0x80000',
  '22453 5132.737398 openat = 3',
  '22453 5132.737582 openat 0xffffff9c 0x7ffeb80b9a14 0x0',
  '22453 5132.737584 openat = 3',
  '22453 5132.737615 sched_process_exit comm=cat pid=22453',
  '22429 5132.737692 sched_process_exit comm=sh pid=22429',
] as const;

/** `dd bs=1` against a ring of three pages: the kernel counted 243 entries left in them and 5763 overrun. */
export const LOSSY_PAGES = [
  page(
    'H4sIAAAAAAACAxOPb1RdzcLAcIef4cD/////szEwMHgyMzBsC2eAA0YorWXDwOCFJKemgVDDYKDpOzEUoRYkh8ucU1ao5jxTI88cdPew4XEPGx3MybIlPnyOqRHvHnLDh4sEc56R4J5jatTx12Azh1rpmVxzuEhIh4MtvvDli1ck5HdqmUOPcEbP72xUyu/kmkOt8gfdHHLDmVrlPHq8U6t8pke5QS1z8KVDapXz6Oa4aVKn/MFnDj3KDVrFF5vG4ArnZ2qDK5zx+Yta9Q5J4axH+/ylNgD1ID3avceolN9JCWc1KrV/0qiVDrVpH1/Uqt9Jaf9Qq97B569lWiBzWLD766Y88eWqFQntFm3qxDu10g+59YWXLXXMaRZjwAAABVvIBQAQAAA=',
  ),
  page(
    'H4sIAAAAAAACAzvE06y6moWB4Q0/AxhwMTAweDEzMGwLZ8AEBpq+E0MZGBihXDYNBgZPJLXIclo29DfnmBp1zHmGxxwvW+qYw0Ul91ArnFfZEW+OmyZuc17ZE2+OmsbgCp9jdDAny3ZwpWeuQWbOQITPMbXBVY5RK5zVNEbzxUgs50fDeeDrU2qF81CuL/CVP6+shm74UMscfOFzymq0HcVGpfRDj/AZiHqZHv2m4VpfDIS/Bls/FwQAZEeT4QAQAAA=',
  ),
  page(
    'H4sIAAAAAAACA5u9p1l1NQsDQwwTAxiwMTAweDIzMGwLZ4ADRijNZcPA4IUkp6aBUMNgoOk7MRShFiSHyxwtNHOeqeE255gabnOybKljDrp72DRobw6+8EEP52N4/PWMBPeoUclf5IbzKBgFo2AUjIJRMApGwSgYBaNgFIyCgQMAxIjjqAAQAAA=',
  ),
] as const;
export const LOSSY_ENTRIES = 243;
export const LOSSY_OVERRUN = 5763;

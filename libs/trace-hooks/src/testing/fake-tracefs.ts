/** A tracefs of plain files, as far as formats go: enough for an `EventCatalog`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZES: Readonly<Record<string, number>> = {
  char: 1,
  bool: 1,
  u8: 1,
  __u8: 1,
  short: 2,
  __u16: 2,
  'unsigned short': 2,
  int: 4,
  pid_t: 4,
  dev_t: 4,
  __u32: 4,
  'unsigned int': 4,
  'enum sk_rst_reason': 4,
  long: 8,
  u64: 8,
  __u64: 8,
  sector_t: 8,
  'unsigned long': 8,
  'const void *': 8,
  'void *': 8,
};
const SIGNED = new Set(['short', 'int', 'pid_t', 'long']);

/** Event → its fields as C declares them; offsets follow from the rules of C. */
export const EVENTS: Readonly<Record<string, string>> = {
  'sched/sched_switch':
    'char prev_comm[16]; pid_t prev_pid; int prev_prio; long prev_state; char next_comm[16]; pid_t next_pid; int next_prio',
  'sched/sched_waking': 'char comm[16]; pid_t pid; int prio; int target_cpu',
  'sched/sched_wakeup': 'char comm[16]; pid_t pid; int prio; int target_cpu',
  'sched/sched_wakeup_new': 'char comm[16]; pid_t pid; int prio; int target_cpu',
  'sched/sched_process_fork':
    '__data_loc char[] parent_comm; pid_t parent_pid; __data_loc char[] child_comm; pid_t child_pid',
  'sched/sched_process_exec': '__data_loc char[] filename; pid_t pid; pid_t old_pid',
  'sched/sched_process_exit': 'char comm[16]; pid_t pid; int prio; bool group_dead',
  'task/task_newtask': 'pid_t pid; char comm[16]; u64 clone_flags; short oom_score_adj',
  'task/task_rename': 'pid_t pid; char oldcomm[16]; char newcomm[16]; short oom_score_adj',
  'signal/signal_generate': 'int sig; int errno; int code; char comm[16]; pid_t pid; int group; int result',
  'signal/signal_deliver': 'int sig; int errno; int code; unsigned long sa_handler; unsigned long sa_flags',
  'block/block_io_start':
    'dev_t dev; sector_t sector; unsigned int nr_sector; unsigned int bytes; unsigned short ioprio; char rwbs[10]; char comm[16]',
  'block/block_rq_insert':
    'dev_t dev; sector_t sector; unsigned int nr_sector; unsigned int bytes; unsigned short ioprio; char rwbs[10]; char comm[16]',
  'block/block_rq_issue':
    'dev_t dev; sector_t sector; unsigned int nr_sector; unsigned int bytes; unsigned short ioprio; char rwbs[10]; char comm[16]',
  'block/block_rq_complete':
    'dev_t dev; sector_t sector; unsigned int nr_sector; int error; unsigned short ioprio; char rwbs[10]',
  'sock/inet_sock_set_state':
    'const void * skaddr; int oldstate; int newstate; __u16 sport; __u16 dport; __u16 family; __u16 protocol; ' +
    '__u8 saddr[4]; __u8 daddr[4]; __u8 saddr_v6[16]; __u8 daddr_v6[16]',
  'tcp/tcp_retransmit_skb':
    'const void * skbaddr; const void * skaddr; int state; __u16 sport; __u16 dport; __u16 family; ' +
    '__u8 saddr[4]; __u8 daddr[4]; __u8 saddr_v6[16]; __u8 daddr_v6[16]; int err',
  'tcp/tcp_send_reset':
    'const void * skbaddr; const void * skaddr; int state; enum sk_rst_reason reason; __u8 saddr[28]; __u8 daddr[28]',
  'tcp/tcp_receive_reset':
    'const void * skaddr; __u16 sport; __u16 dport; __u16 family; __u8 saddr[4]; __u8 daddr[4]; ' +
    '__u8 saddr_v6[16]; __u8 daddr_v6[16]',
  'net/net_dev_queue': 'void * skbaddr; unsigned int len; __data_loc char[] name',
  ...syscall('read', 'fd buf count'),
  ...syscall('write', 'fd buf count'),
  ...syscall('open', 'filename flags mode'),
  ...syscall('openat', 'int dfd; const char * filename; int flags; long mode'),
  ...syscall('openat2', 'dfd filename how usize'),
  ...syscall('creat', 'pathname mode'),
  ...syscall('close', 'fd'),
  ...syscall('close_range', 'fd max_fd flags'),
  ...syscall('dup2', 'oldfd newfd'),
  ...syscall('newfstat', 'fd statbuf'),
  ...syscall('sendfile64', 'out_fd in_fd offset count'),
  ...syscall('exit_group', 'error_code'),
};

function syscall(name: string, args: string): Record<string, string> {
  // Every argument is recorded in 8 bytes, whatever its type.
  const fields = args.includes(';') ? args.split('; ') : args.split(' ').map((arg) => `long ${arg}`);
  return {
    [`syscalls/sys_enter_${name}`]: ['int __syscall_nr', ...fields.map((field) => `@8 ${field}`)].join('; '),
    [`syscalls/sys_exit_${name}`]: 'int __syscall_nr; long ret',
  };
}

/** The same of a kernel that lacks some of them. */
export function eventsWithout(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(EVENTS).filter(([name]) => !names.includes(name)));
}

/** The path of a new directory tree with the formats of the events; ids count from 1. */
export function fakeTracefs(events: Readonly<Record<string, string>> = EVENTS): string {
  const tracefs = mkdtempSync(join(tmpdir(), 'tracefs-'));
  Object.entries(events).forEach(([name, declaration], index) => {
    mkdirSync(join(tracefs, 'events', name), { recursive: true });
    writeFileSync(join(tracefs, 'events', name, 'format'), formatText(name, index + 1, declaration));
  });
  return tracefs;
}

export function removeFakeTracefs(tracefs: string): void {
  rmSync(tracefs, { recursive: true });
}

function formatText(name: string, id: number, declaration: string): string {
  let offset = 8;
  const lines = declaration.split('; ').map((field) => {
    const declared = field.replace(/^@8 /, '');
    const [, located, type = '', , count] = /^(__data_loc )?(.*?) ?(\w+)(?:\[(\d+)\])?$/.exec(declared) ?? [];
    const element = field.startsWith('@8 ') ? 8 : located === undefined ? (SIZES[type] ?? 0) : 4;
    if (element === 0) throw new Error(`unknown type in "${declared}"`);
    offset = Math.ceil(offset / element) * element;
    const size = element * Number(count ?? 1);
    const at = offset;
    offset += size;
    const signed = SIGNED.has(type) && located === undefined ? 1 : 0;
    return `\tfield:${declared};\toffset:${at};\tsize:${size};\tsigned:${signed};`;
  });
  const common = ['unsigned short common_type', 'unsigned char common_flags', 'int common_pid'];
  return `name: ${name}\nID: ${id}\nformat:\n${common.map((one) => `\tfield:${one};\toffset:0;\tsize:2;\tsigned:0;`).join('\n')}\n\n${lines.join('\n')}\n`;
}

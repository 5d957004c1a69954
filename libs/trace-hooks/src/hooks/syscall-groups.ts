/**
 * Groups of system calls for `-s %file`. Names are those of the kernel's events, which sometimes differ from the ones
 * in manual pages; a kernel that lacks a call is no reason to leave it out here.
 */
const GROUPS: Readonly<Record<string, string>> = {
  // Takes a path.
  file:
    'access acct chdir chmod chown chroot creat execve execveat faccessat faccessat2 fanotify_mark fchmodat fchmodat2 ' +
    'fchownat file_getattr file_setattr futimesat getcwd getxattr getxattrat inotify_add_watch lchown lgetxattr link ' +
    'linkat listxattr listxattrat llistxattr lremovexattr lsetxattr mkdir mkdirat mknod mknodat mount mount_setattr ' +
    'move_mount name_to_handle_at newfstatat newlstat newstat open open_tree open_tree_attr openat openat2 pivot_root ' +
    'quotactl readlink readlinkat removexattr removexattrat rename renameat renameat2 rmdir setxattr setxattrat statfs ' +
    'statx swapoff swapon symlink symlinkat truncate umount unlink unlinkat utime utimensat utimes',
  // Takes or makes a file descriptor.
  desc:
    'close close_range copy_file_range dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 ' +
    'epoll_wait eventfd eventfd2 fadvise64 fallocate fchdir fchmod fchown fcntl fdatasync fgetxattr flistxattr flock ' +
    'fremovexattr fsetxattr fstatfs fsync ftruncate getdents getdents64 inotify_init inotify_init1 inotify_rm_watch ' +
    'ioctl lseek memfd_create mmap newfstat openat openat2 open pipe pipe2 poll ppoll pread64 preadv preadv2 pselect6 ' +
    'pwrite64 pwritev pwritev2 read readahead readv select sendfile64 signalfd signalfd4 splice sync_file_range syncfs ' +
    'tee timerfd_create timerfd_gettime timerfd_settime vmsplice write writev',
  network:
    'accept accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmmsg recvmsg sendfile64 sendmmsg ' +
    'sendmsg sendto setsockopt shutdown socket socketpair',
  memory:
    'brk get_mempolicy madvise map_shadow_stack mbind membarrier migrate_pages mincore mlock mlock2 mlockall mmap ' +
    'move_pages mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_madvise ' +
    'process_mrelease remap_file_pages set_mempolicy set_mempolicy_home_node userfaultfd',
  process:
    'clone clone3 execve execveat exit exit_group fork kill pidfd_open pidfd_send_signal prctl ptrace rt_sigqueueinfo ' +
    'rt_tgsigqueueinfo setns setsid setpgid tgkill tkill unshare vfork wait4 waitid',
  signal:
    'kill pause pidfd_send_signal rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend ' +
    'rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4 tgkill tkill',
  ipc:
    'msgctl msgget msgrcv msgsnd semctl semget semop semtimedop shmat shmctl shmdt shmget mq_open mq_unlink ' +
    'mq_timedsend mq_timedreceive mq_notify mq_getsetattr',
  time:
    'adjtimex alarm clock_adjtime clock_getres clock_gettime clock_nanosleep clock_settime getitimer gettimeofday ' +
    'nanosleep setitimer settimeofday time timer_create timer_delete timer_getoverrun timer_gettime timer_settime ' +
    'timerfd_create timerfd_gettime timerfd_settime times',
  id:
    'capget capset getegid geteuid getgid getgroups getpgid getpgrp getpid getppid getresgid getresuid getsid gettid ' +
    'getuid setfsgid setfsuid setgid setgroups setregid setresgid setresuid setreuid setuid',
};

/** Names in manual pages → names of the events, on x86-64 and arm64. */
const ALIASES: Readonly<Record<string, string>> = {
  stat: 'newstat',
  fstat: 'newfstat',
  lstat: 'newlstat',
  fstatat: 'newfstatat',
  uname: 'newuname',
  umount2: 'umount',
  sendfile: 'sendfile64',
  pread: 'pread64',
  pwrite: 'pwrite64',
  fadvise: 'fadvise64',
  prlimit: 'prlimit64',
  sigaction: 'rt_sigaction',
  sigprocmask: 'rt_sigprocmask',
  sigreturn: 'rt_sigreturn',
};

export const SYSCALL_GROUPS: readonly string[] = Object.keys(GROUPS);

/** The calls of a group, by its name without `%`; undefined for no group. */
export function syscallsOfGroup(group: string): readonly string[] | undefined {
  return Object.hasOwn(GROUPS, group) ? GROUPS[group]?.split(' ') : undefined;
}

/** The event name of a call that has another one in manual pages. */
export function eventNameOf(syscall: string): string | undefined {
  return Object.hasOwn(ALIASES, syscall) ? ALIASES[syscall] : undefined;
}

/** Signal numbers of x86-64, arm64 and riscv (the generic table of Linux). */
const NAMES = (
  'SIGHUP SIGINT SIGQUIT SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGKILL SIGUSR1 SIGSEGV SIGUSR2 SIGPIPE SIGALRM SIGTERM ' +
  'SIGSTKFLT SIGCHLD SIGCONT SIGSTOP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGXCPU SIGXFSZ SIGVTALRM SIGPROF SIGWINCH SIGIO ' +
  'SIGPWR SIGSYS'
).split(' ');
const FIRST_REALTIME = 32;
const LAST = 64;

const SIGCHLD = 17;
const SIGCONT = 18;
const SIGURG = 23;
const SIGWINCH = 28;
/** Signals that do not end a process that has not asked for anything else: ignored, continued or stopped (19 to 22). */
const HARMLESS = new Set([SIGCHLD, SIGCONT, 19, 20, 21, 22, SIGURG, SIGWINCH]);

/** `SIGUSR1`; real-time signals as the kernel counts them, `SIGRT0` = 32. */
export function signalName(number: number): string {
  if (number >= FIRST_REALTIME && number <= LAST) return `SIGRT${number - FIRST_REALTIME}`;
  return NAMES[number - 1] ?? `signal ${number}`;
}

/** Every name that `signalNumber` takes in its full form. */
export const SIGNAL_NAMES: readonly string[] = Array.from({ length: LAST }, (_, index) => signalName(index + 1));

/** `SIGUSR1`, `usr1`, `10`, `SIGRT3`, `SIGRTMIN+1` (34 is the first that C libraries leave to programs); undefined for none. */
export function signalNumber(name: string): number | undefined {
  if (/^\d{1,2}$/u.test(name)) return Number(name) >= 1 && Number(name) <= LAST ? Number(name) : undefined;
  const upper = name.toUpperCase().replace(/^SIG/u, '');
  const realtime = /^RT(MIN)?(?:\+?(\d{1,2}))?$/u.exec(upper);
  if (realtime !== null) {
    const number = (realtime[1] === undefined ? FIRST_REALTIME : FIRST_REALTIME + 2) + Number(realtime[2] ?? 0);
    return number <= LAST ? number : undefined;
  }
  const index = NAMES.indexOf(`SIG${upper === 'POLL' ? 'IO' : upper === 'IOT' ? 'ABRT' : upper}`);
  return index < 0 ? undefined : index + 1;
}

/** Whether the default action of the signal ends the process. */
export function endsByDefault(number: number): boolean {
  return !HARMLESS.has(number);
}

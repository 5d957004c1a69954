import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A manager of external hooks that touches nothing. Its hooks: `say_ok` prints a path and runs until SIGINT, `say_error`
 * fails at once, `leave_3` leaves with status 3 after its first line, `stubborn` leaves with status 4 on SIGINT,
 * `quiet` says nothing, `streams` names a text stream below `TRACER_SYSFS_PATH`. `--clear` and `--run` are noted down in the file `calls` beside it.
 */
const MANAGER = `#!/bin/sh
case "$1" in
  --get-all) echo 'say_ok say_error'; echo 'leave_3 stubborn quiet streams undescribed' ;;
  --describe)
    case "$2" in
      undescribed) exit 1 ;;
      say_ok) printf 'Says a path\\n\\n  and waits  \\n' ;;
      *) echo "about $2" ;;
    esac ;;
  --clear) echo clear >> calls ;;
  --run)
    echo "$2 $3 $4 proc=$TRACER_PROCFS_PATH" >> calls
    case "$2" in
      say_ok) trap 'exit 0' INT; echo /nowhere/trace_pipe; while :; do sleep 0.05; done ;;
      say_error) echo 'no: such argument' >&2; exit 2 ;;
      leave_3) echo /nowhere/trace_pipe; sleep 0.1; exit 3 ;;
      stubborn) trap 'exit 4' INT; echo started; while :; do sleep 0.05; done ;;
      streams) trap 'exit 0' INT; echo "$TRACER_SYSFS_PATH/kernel/tracing/trace_pipe"; while :; do sleep 0.05; done ;;
      quiet) trap 'exit 0' INT; while :; do sleep 0.05; done ;;
    esac ;;
esac
`;

/** Writes the fixture below `directory`: group `fixture`. */
export function writeFixtureHooks(directory: string): void {
  mkdirSync(join(directory, 'fixture'), { recursive: true });
  mkdirSync(join(directory, '.hidden'));
  writeFileSync(join(directory, 'README.md'), 'no hook');
  writeFileSync(join(directory, 'fixture', 'manager.sh'), MANAGER, { mode: 0o755 });
}

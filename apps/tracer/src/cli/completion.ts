import { COMMON_OPTIONS, type Command, type Completion } from './command.js';
import type { Gateway } from './gateway.js';
import type { Hooks, Pods, Sessions } from './kernel-answers.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Words that could stand where the cursor is, or directories, which the shell knows better. */
export type Proposal = { readonly words: readonly string[] } | { readonly ask: Exclude<Completion, readonly string[]> };

const NOTHING: Proposal = { words: [] };

/**
 * What fits behind `words` (without `tracer`); the last one is what was typed of the next, perhaps ''.
 * Knows the table of commands only; names that the gateway has are asked for by {@link wordsOf}.
 */
export function propose(
  words: readonly string[],
  commands: readonly Command[],
  more: readonly string[] = [],
): Proposal {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  if (before.includes('--')) return NOTHING;
  const command = commandAt(before, commands);
  const options = { ...COMMON_OPTIONS, ...command?.options };
  const last = before.at(-1) ?? '';
  const awaited = last.startsWith('--') ? options[last.slice(2)] : undefined;
  if (awaited?.type === 'string') return proposal(awaited.completion);
  if (typed.startsWith('-')) return { words: Object.keys(options).map((name) => `--${name}`) };
  const following = namesBehind(before, commands, more);
  return following.length > 0 ? { words: following } : proposal(command?.operandCompletion);
}

/** The words that go on with the name of a command: all first words, or `list`, `stop` … behind `sessions`. */
function namesBehind(before: readonly string[], commands: readonly Command[], more: readonly string[]): string[] {
  const plain = before.filter((word) => !word.startsWith('-'));
  const begun = plain.map((word) => `${word} `).join('');
  const names = commands.filter(({ name }) => name.startsWith(begun)).map(({ name }) => name.split(' ')[plain.length]);
  return [...new Set([...names.filter((name) => name !== undefined), ...(plain.length === 0 ? more : [])])];
}

function proposal(completion: Completion | undefined): Proposal {
  if (completion === undefined) return NOTHING;
  return typeof completion === 'string' ? { ask: completion } : { words: completion };
}

/** The command that the plain words begin with, the longer name first; a first word alone may mean its `list`. */
export function commandAt(words: readonly string[], commands: readonly Command[]): Command | undefined {
  const plain = words.filter((word) => !word.startsWith('-'));
  const names = [plain.slice(0, 2).join(' '), plain[0], `${plain[0] ?? ''} list`];
  return names.map((wanted) => commands.find(({ name }) => name === wanted)).find((command) => command !== undefined);
}

/** Asks the gateway; whatever goes wrong, a shell that completes shows nothing. */
export async function wordsOf(proposal: Proposal, gateway: Gateway): Promise<readonly string[]> {
  if ('words' in proposal) return proposal.words;
  const ask = { deadlineMs: 2_000 };
  switch (proposal.ask) {
    case 'pods':
      return Object.keys(await gateway.json<Pods>('/v1/pods', ask));
    case 'hooks': {
      const groups = await gateway.json<Hooks>('/v1/trace-hooks', ask);
      return Object.values(groups).flatMap(({ Tracers }) => Object.keys(Tracers));
    }
    case 'sessions':
      return Object.keys(await gateway.json<Sessions>('/v1/trace-session/all', ask));
    case 'trace-files': {
      const { files } = await gateway.json<{ files: { path: string }[] }>('/api/v1/files', ask);
      return files.map(({ path }) => path);
    }
    case 'directories':
      return [':directories'];
  }
}

/** The script that a shell reads once; it asks `tracer __complete` for everything. */
export function completionScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}

/**
 * Names of pods and files are chosen by others, so they are never given to what expands words (`compgen -W` would run a
 * `$(…)` in a name), and are quoted for the command line.
 */
const BASH = `# bash: source <(tracer completion bash)
_tracer() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    if [ "$word" = ":directories" ]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}")
    else
      printf -v word %q "$word"
      COMPREPLY+=("$word")
    fi
  done < <(tracer __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tracer tracer
`;

const ZSH = `#compdef tracer
# zsh: source <(tracer completion zsh)
_tracer() {
  local -a proposals
  proposals=("\${(@f)$(tracer __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${proposals[1]}" == ":directories" ]]; then
    _files -/
  else
    compadd -a proposals
  fi
}
compdef _tracer tracer
`;

const FISH = `# fish: tracer completion fish | source
function __tracer_complete
  set -l typed (commandline -opc) (commandline -ct)
  set -l proposals (tracer __complete $typed[2..-1] 2>/dev/null)
  if test "$proposals" = ":directories"
    __fish_complete_directories (commandline -ct)
  else
    printf '%s\\n' $proposals
  end
end
complete -c tracer -f -a '(__tracer_complete)'
`;

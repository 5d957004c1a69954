import type { NodesDto } from '@tracer/dtos';
import { withoutControls } from '../control-characters.js';
import type { Command } from './command.js';
import { EXIT } from './exit-codes.js';

/** The first question when answers are incomplete: which agents are there, and what do they say. */
export const nodesCommand: Command = {
  name: 'nodes',
  summary: 'list the agents: which answer, and why the others do not',
  usage: '',
  operands: [0, 0],
  options: {},
  async run({ gateway, output }) {
    const answer = await gateway.json<NodesDto>('/v1/nodes');
    const silent = answer.nodes.filter(({ state }) => state === 'failing' || state === 'absent');
    const code = silent.length > 0 || answer.nodes.length === 0 ? EXIT.incomplete : EXIT.ok;
    if (output.json) {
      output.document(answer);
      return code;
    }
    output.table(
      [
        { title: 'NODE', value: ({ name }) => name, flexible: true },
        { title: 'STATE', value: ({ state }) => state },
        { title: 'ADDRESS', value: ({ url }) => url ?? '', flexible: true },
        {
          title: 'LAST ANSWER (UTC)',
          value: ({ lastSeenAt }) => (lastSeenAt ?? 'never').slice(0, 19).replace('T', ' '),
        },
        { title: 'TOOK', right: true, value: ({ latencyMs }) => (latencyMs === undefined ? '' : `${latencyMs} ms`) },
      ],
      answer.nodes,
    );
    for (const { name, lastError } of silent) output.warn(`${name}: ${lastError ?? 'no answer'}`);
    for (const { kind, target, nodes, lastError } of answer.sources) {
      const stale = lastError === undefined ? '' : `; may be out of date: ${lastError}`;
      output.note(withoutControls(`from ${kind} (${target}): ${nodes}${stale}`));
    }
    if (answer.nodes.length === 0) output.warn('no agent is known: TRACER_NODES of the gateway names them');
    return code;
  },
};

import { Injectable } from '@nestjs/common';
import { TraceHookDto, TraceHookGroupDto } from '@tracer/dtos';
import { NodeAgent } from '../agent/node-agent.js';
import type { HookGroup, HookListing } from '../sessions/engine.js';

@Injectable()
export class TraceHooksService {
  constructor(private readonly agent: NodeAgent) {}

  /** Hooks by group: the built-in ones, and each directory of external ones. */
  list(): Record<string, TraceHookGroupDto> {
    return Object.fromEntries(this.agent.hooks.groups().map((group) => [group.key, groupDto(group)]));
  }
}

function groupDto({ hooks, problem }: HookGroup): TraceHookGroupDto {
  const sorted = [...hooks].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    Tracers: Object.fromEntries(sorted.map((hook) => [hook.name, hookDto(hook)])),
    ...(problem === undefined ? {} : { problem }),
  };
}

function hookDto({ name, description, unavailable }: HookListing): TraceHookDto {
  return { Name: name, Description: [...description], ...(unavailable === undefined ? {} : { unavailable }) };
}

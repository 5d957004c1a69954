import { DmEventType, type DmBase, type DmEvent, type DmPosition, type DmSyncerState } from '@tracer/storage';
import type { GoJson } from '../go/go-json.js';

/**
 * Writes an event as the published tracer prints it: `{type, event}` with the fields in the order of the protobuf
 * messages, zero values left out, messages that are present but empty as `{}`.
 */
export function writeDmEvent(json: GoJson, event: DmEvent): void {
  json.begin('object').key('type').number(event.type).key('event').begin('object');
  json.key('base');
  writeBase(json, event.base);
  if (event.type === DmEventType.binlog) {
    member(json, 'state', event.state, writeState);
    number(json, 'eventType', event.eventType);
    number(json, 'opType', event.opType);
  } else {
    number(json, 'opType', event.opType);
    member(json, 'pos', event.pos, writePosition);
    member(json, 'currentPos', event.currentPos, writePosition);
    text(json, 'sql', event.sql);
    if (event.ddls.length > 0) {
      json.key('ddls').begin('array');
      for (const ddl of event.ddls) json.item().text(ddl);
      json.end();
    }
    number(json, 'argsChecksum', event.argsChecksum);
    member(json, 'ddlInfo', event.ddlInfo, (_, { lockId, exec }) => {
      json.begin('object');
      text(json, 'lockID', lockId);
      boolean(json, 'exec', exec);
      json.end();
    });
    text(json, 'queueBucket', event.queueBucket);
    number(json, 'state', event.state);
  }
  json.end().end();
}

function writeBase(json: GoJson, { filename, line, tso, traceId, groupId, type }: DmBase): void {
  json.begin('object');
  text(json, 'filename', filename);
  number(json, 'line', line);
  number(json, 'tso', tso);
  text(json, 'traceID', traceId);
  text(json, 'groupID', groupId);
  number(json, 'type', type);
  json.end();
}

function writeState(json: GoJson, { safeMode, tryReSync, lastPos, currentPos }: DmSyncerState): void {
  json.begin('object');
  boolean(json, 'safeMode', safeMode);
  boolean(json, 'tryReSync', tryReSync);
  member(json, 'lastPos', lastPos, writePosition);
  member(json, 'currentPos', currentPos, writePosition);
  json.end();
}

function writePosition(json: GoJson, { name, pos }: DmPosition): void {
  json.begin('object');
  text(json, 'name', name);
  number(json, 'pos', pos);
  json.end();
}

// Go's omitempty: what is zero is not written, except for messages that are there.

function text(json: GoJson, key: string, value: Buffer): void {
  if (value.length > 0) json.key(key).text(value);
}

function number(json: GoJson, key: string, value: number | bigint): void {
  if (value !== 0 && value !== 0n) json.key(key).number(value);
}

function boolean(json: GoJson, key: string, value: boolean): void {
  if (value) json.key(key).boolean(value);
}

function member<T>(json: GoJson, key: string, value: T | undefined, write: (json: GoJson, value: T) => void): void {
  if (value === undefined) return;
  json.key(key);
  write(json, value);
}

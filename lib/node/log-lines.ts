/**
 * What a log says, in one of two forms: lines for people, or one JSON object a line for programs.
 *
 * Every object has `time` (ISO 8601), `node` (the node id) and `kind`; the other fields are those of the event, with
 * blocks as their hash and height, or `text`, which is the line for people.
 */
import { CODES } from '../chain/codes.ts';
import type { TreeEntry } from '../chain/tree.ts';
import type { PeerEvent } from '../peer/inputs.ts';
import { describeEvent } from './event-text.ts';

export type LogEntry =
  | { readonly kind: 'starts' | 'ends' }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'stored'; readonly hash: string; readonly height: number }
  | {
      readonly kind: 'event';
      readonly event: PeerEvent;
      /** Events like it that were left out. */
      readonly omitted?: number;
    };

/** One line without its time. */
export function writeTextLine(nodeId: string, entry: LogEntry): string {
  switch (entry.kind) {
    case 'starts':
    case 'ends':
      return `node ${nodeId} ${entry.kind}`;
    case 'warning':
      return `warning: ${entry.message}`;
    case 'stored':
      return `stored ${entry.hash} at height ${entry.height}`;
    case 'event': {
      const { omitted = 0 } = entry;
      return `${describeEvent(entry.event)}${omitted > 0 ? ` And ${omitted} more like it.` : ''}`;
    }
  }
}

/** One JSON object. */
export function writeJsonLine(nodeId: string, entry: LogEntry, time: string): string {
  const head = { time, node: nodeId };
  if (entry.kind !== 'event') return JSON.stringify({ ...head, ...entry });
  const omitted = entry.omitted ?? 0;
  return JSON.stringify({ ...head, ...eventFields(entry.event), ...(omitted > 0 && { omitted }) });
}

function eventFields(event: PeerEvent): object {
  const { kind } = event;
  switch (kind) {
    case 'block-kept':
    case 'found':
      return { kind, ...entryFields(event.entry) };
    case 'genesis-adopted':
      return { kind, ...entryFields(event.entry), pinned: event.pinned };
    case 'tip-changed': {
      const { tip, reverted, connected } = event;
      return {
        ...{ kind, ...entryFields(tip) },
        ...{ reverted: reverted.length, connected: connected.length },
      };
    }
    case 'refused':
      return { kind, link: event.linkId, code: event.code, reason: CODES[event.code] };
    case 'restored':
    case 'peer-joined':
    case 'peer-left':
      return event;
    // Of the rest a program that reads logs wants little more than that it happened.
    default:
      return { kind, text: describeEvent(event) };
  }
}

function entryFields({ hash, height, heardFrom }: TreeEntry): object {
  return { hash, height, from: heardFrom };
}

/**
 * Runs inside of a worker, around its real program, and says when a template that came is searched.
 */
import type { OwnerMessage } from '../../../lib/drivers/workers/messages.ts';

/** What a worker says of a template: the start of its first batch, on the clock that all threads share. */
export interface Searched {
  readonly templateId: number;
  readonly atMs: number;
}

/** Milliseconds since 1970, the same in all threads. */
export const sharedNowMs = () => performance.timeOrigin + performance.now();

export function createWitness(post: (searched: Searched) => void) {
  let templateId: number | null = null;
  return {
    received(message: OwnerMessage): void {
      if (message.type === 'search' && message.template !== null) templateId = message.template.id;
    },
    /** A batch begins. */
    resumed(): void {
      if (templateId === null) return;
      post({ templateId, atMs: sharedNowMs() });
      templateId = null;
    },
  };
}

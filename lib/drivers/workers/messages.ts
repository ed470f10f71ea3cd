/**
 * What a pool's owner and its workers say to each other. Both sides run the same build, so nothing here is versioned.
 */
import type { Proof, Template } from '../../pow/template.ts';
import type { PostedCount } from './posted-count.ts';

export type OwnerMessage =
  /**
   * The first message: kernels that won a race on this machine before, kernels that were wrong, and where the owner
   * counts what it posts, this message included; null where no memory can be shared.
   */
  | {
      readonly type: 'start';
      readonly preferred: readonly string[];
      readonly switchedOff: readonly string[];
      readonly posted: PostedCount | null;
    }
  /** Replaces the running search, from this nonce (8 bytes) on; null stops it. */
  | { readonly type: 'search'; readonly template: Template | null; readonly start: Uint8Array }
  /** Share of the time in which the worker searches, above 0 and at most 1. */
  | { readonly type: 'duty'; readonly duty: number }
  /** This kernel was wrong: go on with the next one. */
  | { readonly type: 'switch-off'; readonly kernel: string };

export type WorkerMessage =
  /** The kernel that the worker uses from now on; null where none is left. */
  | { readonly type: 'kernel'; readonly kernel: string | null }
  /** A kernel failed its self-check in this worker, which goes on without it. */
  | { readonly type: 'wrong-kernel'; readonly kernel: string; readonly reason: string }
  /** This kernel has turned out to be the fastest of its kind here. */
  | { readonly type: 'won'; readonly kernel: string }
  /** This worker cannot search at all, and is not needed: the others go on. */
  | { readonly type: 'unable'; readonly reason: string }
  /** Hashes since the last report, and the time that they took, pauses of the duty cycle included. */
  | { readonly type: 'progress'; readonly hashes: number; readonly elapsedMs: number }
  /** The search of this template has ended in this worker. */
  | { readonly type: 'found'; readonly kernel: string; readonly proof: Proof };

/**
 * Lets V8 join two vectors of four words into one of eight, which it can on processors with AVX2 and does by itself in
 * no release yet: kernels that are written for it hash 1.7 to 2 times as fast then.
 */
import { setFlagsFromString } from 'node:v8';

export const JOIN_VECTORS_FLAG = '--experimental-wasm-revectorize';

/**
 * The oldest and the newest major version of Node with which kernels were tried; others may not know the flag, or do
 * without it.
 */
const FIRST_VERSION = 24;
const LAST_VERSION = 26;

/** The flags with which a Node of this version, such as `24.1.0`, joins vectors; none where it cannot. */
export function wideVectorFlags(nodeVersion: string, architecture: string): readonly string[] {
  const major = Number.parseInt(nodeVersion, 10);
  const isKnown = major >= FIRST_VERSION && major <= LAST_VERSION;
  return isKnown && architecture === 'x64' ? [JOIN_VECTORS_FLAG] : [];
}

/**
 * Sets them for this process, before any kernel is made. The flag is experimental; what it makes of a kernel is trusted
 * no more than any kernel: checked before its first search, and every proof again.
 */
export function joinVectors(): void {
  for (const flag of wideVectorFlags(process.versions.node, process.arch)) setFlagsFromString(flag);
}

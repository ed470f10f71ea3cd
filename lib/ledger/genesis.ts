/**
 * The genesis block's data where Tabchain makes it: JSON that states the room and its rules, so that pinning the
 * block's hash pins the rules. A foreign genesis may hold any bytes (R3) and is never interpreted.
 */
import { classRules, homeworkRules, type Rules } from '../chain/rules.ts';
import { readTarget, targetToHex } from '../chain/target.ts';
import { writeUtf8 } from '../chain/bytes.ts';
import { alignForSearch, readJsonObject, readTimeMs } from './payload.ts';

export const GENESIS_VERSION = 1;
/** Coins that a block creates for the account that its data names. */
export const BLOCK_REWARD = 50;

const SPACING_LIMITS_MS = { least: 100, most: 86_400_000 };

export interface GenesisTerms {
  readonly room: string;
  readonly rules: 'class' | 'homework';
  /** First target of `class` rooms, constant target of `homework` rooms. */
  readonly target: bigint;
  /** Aim of `class` rooms; not used in `homework` rooms. */
  readonly spacingMs: number;
  readonly reward: number;
  readonly timeMs: number;
}

/** The data of a genesis block that states these terms. */
export function encodeGenesisData(terms: GenesisTerms): Uint8Array {
  return alignForSearch(
    writeUtf8(
      JSON.stringify({
        tabchain: GENESIS_VERSION,
        room: terms.room,
        rules: terms.rules,
        target: targetToHex(terms.target),
        ...(terms.rules === 'class' && { spacingMs: terms.spacingMs }),
        reward: terms.reward,
        time: terms.timeMs,
      }),
    ),
  );
}

/** The terms that a genesis block's data states, or null where it is foreign or states none that can work. */
export function readGenesisData(data: Uint8Array): GenesisTerms | null {
  const value = readJsonObject(data);
  if (value === null || value['tabchain'] !== GENESIS_VERSION) return null;
  const { room, rules, target: targetText, spacingMs = 0, reward } = value;
  const timeMs = readTimeMs(data);
  if (typeof room !== 'string' || typeof targetText !== 'string' || timeMs === null) return null;
  if (rules !== 'class' && rules !== 'homework') return null;
  if (
    !isIntegerWithin(reward, 0, 1_000_000) ||
    !isIntegerWithin(spacingMs, 0, SPACING_LIMITS_MS.most)
  )
    return null;
  if (rules === 'class' && spacingMs < SPACING_LIMITS_MS.least) return null;
  const target = readTarget(targetText);
  if (!target.ok) return null;
  return { room, rules, target: target.target, spacingMs, reward, timeMs };
}

/** The rules that these terms set up. */
export function rulesOf(terms: GenesisTerms): Rules {
  return terms.rules === 'homework'
    ? homeworkRules(terms.target)
    : classRules({ target: terms.target, spacingMs: terms.spacingMs, readTimeMs });
}

/**
 * What a block of the room of this genesis block earns: what its data states, and {@link BLOCK_REWARD} where it is
 * foreign. It follows from the block's bytes alone, so that peers which met the room on different ways agree.
 */
export function rewardOf(genesisData: Uint8Array): number {
  return readGenesisData(genesisData)?.reward ?? BLOCK_REWARD;
}

function isIntegerWithin(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}

/**
 * All rules, in the order of the report.
 */
import type { Rule } from '../rule.ts';
import { broadcastRule, encodingRule, hashRule, targetRule } from './all-blocks-rules.ts';
import {
  equalBranchesRule,
  extendsRule,
  longestChainRule,
  orphansRule,
  secondGenesisRule,
  shorterBranchRule,
} from './chain-rules.ts';
import { genesisRule, startRule } from './first-rules.ts';
import {
  badInputRule,
  dataRule,
  duplicatesRule,
  formatsRule,
  fullSizeRule,
  lengthsRule,
  workRule,
} from './input-rules.ts';
import { reactionRule, shareRule } from './speed-rules.ts';

export const RULES: readonly Rule[] = [
  startRule,
  encodingRule,
  hashRule,
  targetRule,
  genesisRule,
  broadcastRule,
  extendsRule,
  longestChainRule,
  shorterBranchRule,
  equalBranchesRule,
  secondGenesisRule,
  orphansRule,
  workRule,
  formatsRule,
  dataRule,
  fullSizeRule,
  duplicatesRule,
  lengthsRule,
  reactionRule,
  shareRule,
  // Last, since a running miner may hear nothing afterwards.
  badInputRule,
];

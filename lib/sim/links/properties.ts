/**
 * Every property that a stack of links may promise, with its source and its checker (R19, R21).
 *
 * Source, unless said otherwise: Cachin, Guerraoui and Rodrigues, Introduction to Reliable and Secure Distributed
 * Programming, 2nd edition.
 */
import {
  checkNoBroadcastCreation,
  checkProbabilisticValidity,
  checkValidity,
} from './broadcast-checkers.ts';
import { checkAtMostOnce, checkCallsEnd, checkTrueResults } from './call-checkers.ts';
import {
  checkFairLoss,
  checkFiniteDuplication,
  checkLifeOrder,
  checkNoCreation,
  checkNoDuplication,
  checkReliableDelivery,
  checkSettling,
  checkStubbornDelivery,
} from './link-checkers.ts';
import type { Checker } from './trace-reading.ts';

export const PROPERTIES = {
  FLL1: 'fair loss (module 2.1)',
  FLL2: 'finite duplication (module 2.1)',
  FLL3: 'no creation (module 2.1)',
  SL1: 'stubborn delivery (module 2.2)',
  SL2: 'no creation (module 2.2)',
  PL1: 'reliable delivery (module 2.3)',
  PL2: 'no duplication (module 2.3), across restarts too',
  PL3: 'no creation (module 2.3)',
  AL1: 'reliable delivery (module 2.5)',
  AL2: 'no duplication (module 2.5), across restarts too',
  AL3: 'authenticity (module 2.5)',
  BEB1: 'validity (module 3.1)',
  BEB2: 'no duplication (module 3.1)',
  BEB3: 'no creation (module 3.1)',
  PB1: 'probabilistic validity (module 3.7)',
  PB2: 'no duplication (module 3.7)',
  PB3: 'no creation (module 3.7)',
  lifeOrder: 'nothing of a life of the sender after something of a later one (ours)',
  settling: 'each message is settled once, and truthfully (ours)',
  callsEnd: 'each call ends once, by a result where both sides last (ours)',
  atMostOnce: 'no call is executed twice (Birrell and Nelson 1984)',
  trueResults: 'a result is that of the call, executed where it was sent (ours)',
} as const;

export type PropertyName = keyof typeof PROPERTIES;

export const CHECKERS: Readonly<Record<PropertyName, Checker>> = {
  FLL1: checkFairLoss,
  FLL2: checkFiniteDuplication,
  FLL3: checkNoCreation,
  SL1: checkStubbornDelivery,
  SL2: checkNoCreation,
  PL1: checkReliableDelivery,
  PL2: checkNoDuplication,
  PL3: checkNoCreation,
  AL1: checkReliableDelivery,
  AL2: checkNoDuplication,
  AL3: checkNoCreation,
  BEB1: checkValidity,
  BEB2: checkNoDuplication,
  BEB3: checkNoBroadcastCreation,
  PB1: checkProbabilisticValidity,
  PB2: checkNoDuplication,
  PB3: checkNoBroadcastCreation,
  lifeOrder: checkLifeOrder,
  settling: checkSettling,
  callsEnd: checkCallsEnd,
  atMostOnce: checkAtMostOnce,
  trueResults: checkTrueResults,
};

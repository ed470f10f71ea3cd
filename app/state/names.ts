/**
 * The name that a user goes by in the room: a friendly one is made up, and can be changed at any time.
 */
import { cleanName } from '../../lib/ledger/text.ts';
import { readSetting, writeSetting } from './settings.ts';

const KEY = 'name';

// Two short words of the same length class: the longest pair has 15 characters.
const ADJECTIVES = (
  'Amber Brave Bright Calm Clever Cosmic Curious Dapper Eager Fuzzy Gentle Glad Golden Happy Humble ' +
  'Jolly Keen Kind Lively Lucky Mellow Merry Mighty Misty Nimble Noble Patient Proud Quick Quiet ' +
  'Rapid Silver Sleepy Snowy Sunny Swift Tidy Velvet Warm Witty'
).split(' ');
const ANIMALS = (
  'Badger Beaver Bison Camel Cricket Crow Dingo Dolphin Falcon Ferret Finch Fox Gecko Heron Ibex ' +
  'Jackal Koala Lemur Lynx Magpie Marmot Mole Moose Newt Ocelot Otter Owl Panda Puffin Quail Rabbit ' +
  'Raven Robin Salmon Seal Stork Tapir Toad Walrus Wombat'
).split(' ');

/** A name out of two words, chosen by two numbers in [0, 1). */
export function makeName(first: number, second: number): string {
  return `${ADJECTIVES[Math.floor(first * ADJECTIVES.length)]!} ${ANIMALS[Math.floor(second * ANIMALS.length)]!}`;
}

/** This tab's name from before its reload, else the last name chosen in this browser, else a new friendly one. */
export function readOwnName(): string {
  const kept = cleanName(readSetting('tab', KEY) ?? readSetting('browser', KEY) ?? '');
  if (kept !== '') return kept;
  const made = makeName(Math.random(), Math.random());
  writeSetting('tab', KEY, made);
  return made;
}

/** Keeps a name that the user has chosen, for this tab and as the default of the next ones. */
export function keepOwnName(name: string): void {
  writeSetting('tab', KEY, name);
  writeSetting('browser', KEY, name);
}

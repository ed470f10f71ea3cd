/**
 * The config file of a peer (R22): the number of neighbours, then a line for each, its id and its port: `B 6001`.
 *
 * A neighbour on another machine has its host before the port: `B 192.168.1.5:6001`.
 */
import { readUdpAddress } from '../drivers/udp/address.ts';

/** One connection to each, and one from each: a quarter of the places of the server. */
export const NEIGHBOURS_LIMIT = 64;
/** A line for each neighbour, and room for comments. */
export const CONFIG_LIMIT_CHARS = 16 * 1024;
/** Ids stand in messages to the user. */
const ID = /^[A-Za-z0-9_.-]{1,32}$/;
/** As the seed has it, all peers are on one machine. */
const DEFAULT_HOST = '127.0.0.1';

export interface Neighbour {
  readonly id: string;
  readonly host: string;
  readonly port: number;
}

export type ConfigOutcome =
  | { readonly ok: true; readonly neighbours: readonly Neighbour[] }
  /** A whole sentence, without the file's name. */
  | { readonly ok: false; readonly message: string };

/** Whether a text can be the id of a peer. */
export function isPeerId(text: string): boolean {
  return ID.test(text);
}

/** The neighbours that a config file names. Empty lines are skipped. */
export function readConfig(text: string): ConfigOutcome {
  if (text.length > CONFIG_LIMIT_CHARS)
    return wrong(`The config file has more than ${CONFIG_LIMIT_CHARS} characters.`);
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .map((line, place) => ({ words: line.trim().split(/\s+/), number: place + 1 }))
    .filter(({ words }) => words[0] !== '');
  const [first, ...rest] = lines;
  if (first === undefined || first.words.length !== 1 || !/^\d{1,4}$/.test(first.words[0]!))
    return wrong('The first line should be the number of neighbours, as 2.');
  const count = Number(first.words[0]);
  if (count > NEIGHBOURS_LIMIT)
    return wrong(`At most ${NEIGHBOURS_LIMIT} neighbours are possible.`);
  if (rest.length !== count)
    return wrong(`The first line promises ${count} neighbours, and ${rest.length} lines follow.`);
  const neighbours: Neighbour[] = [];
  for (const { words, number } of rest) {
    const [id, address] = words;
    if (words.length !== 2 || !isPeerId(id!))
      return wrong(`Line ${number} should be an id and a port, as B 6001.`);
    const result = readUdpAddress(
      address!.includes(':') ? address! : `${DEFAULT_HOST}:${address}`,
      0,
    );
    if (!result.ok || result.address.port === 0)
      return wrong(`Line ${number}: "${address}" is no port: write a number from 1 to 65535.`);
    if (neighbours.some((other) => other.id === id))
      return wrong(`Line ${number} names ${id} a second time.`);
    neighbours.push({ id: id!, ...result.address });
  }
  return { ok: true, neighbours };
}

function wrong(message: string): ConfigOutcome {
  return { ok: false, message };
}

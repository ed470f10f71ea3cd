/**
 * The address under which others would reach this machine; in a sealed network that is the end of a cable.
 */
import { networkInterfaces } from 'node:os';

export function findNetworkAddress(): string {
  const address = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address;
  if (address === undefined)
    throw new Error('this machine has no network address beside its loopback: give it one');
  return address;
}

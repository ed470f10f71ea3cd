/**
 * A kernel as a worker gets it that knows nothing of this machine yet. One that is wrong ends the benchmark.
 */
import { chooseKernel } from '../../lib/pow/choice.ts';
import type { Kernel } from '../../lib/pow/kernel.ts';

export function newKernel(): Kernel {
  const kernel = chooseKernel({
    switchedOff: new Set(),
    preferred: new Set(),
    nowMs: () => performance.now(),
    wrong: (name, reason) => {
      throw new Error(`${name}: ${reason}`);
    },
    won: () => undefined,
  });
  if (kernel === null) throw new Error('There is no kernel.');
  return kernel;
}

/**
 * The order in which a clone is made ready. Every step looks first and does nothing where it finds all in place.
 */
import { ensureBuild } from './build.mjs';
import { ensureBrowser, ensureNetworkTools, ensurePython } from './machine.mjs';
import { ensurePackages } from './packages.mjs';
import { withLock } from './lock.mjs';
import { Trouble } from './process.mjs';

const STEPS = {
  '--browser': ensureBrowser,
  '--python': ensurePython,
  '--network-tools': ensureNetworkTools,
};

const USAGE = `Usage: node .config/bootstrap.mjs [--no-build] [${Object.keys(STEPS).join('] [')}]`;

/**
 * Makes the clone ready and returns the exit code: 0 where it is, 2 where the user has to do something first,
 * 1 where a step failed for another reason.
 */
export async function makeReady(flags) {
  const unknown = flags.find((flag) => !(flag in STEPS) && flag !== '--no-build');
  if (unknown !== undefined) {
    console.error(`Unknown flag ${unknown}. ${USAGE}`);
    return 2;
  }
  try {
    await withLock(async () => {
      await ensurePackages();
      if (!flags.includes('--no-build')) await ensureBuild();
      for (const [flag, step] of Object.entries(STEPS)) if (flags.includes(flag)) await step();
    });
    return 0;
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

/**
 * Starts threads of Node's, from a build as from the source.
 */
import { Worker } from 'node:worker_threads';

/**
 * Makes a thread of its program: from a build the file `<name>.js` beside this module's own, from the source the file
 * named second, for which the thread must load tsx first, as Node hands no thread the hooks of its parent.
 */
export function startThread(name: string, source: string): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, import.meta.url));
  const tsx = import.meta.resolve('tsx/esm/api');
  const program = new URL(source, import.meta.url).href;
  return new Worker(`import('${tsx}').then(({ register }) => (register(), import('${program}')))`, {
    eval: true,
    execArgv: [],
  });
}

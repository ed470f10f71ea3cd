/** The page of a browser in which tips are handed to a Web Worker. */
import { measureTips, type WitnessedWorker } from './tips.ts';

/** `program` is the worker's, as one file. */
export function measureInPage(program: string, isCounted: boolean): Promise<number[]> {
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
  const witnessed: WitnessedWorker = {
    post: (message) => worker.postMessage(message),
    listen: (listener) => (worker.onmessage = (event) => listener(event.data)),
  };
  return measureTips(witnessed, isCounted).finally(() => worker.terminate());
}

/** The page of a browser in which tips are handed to a Web Worker. */
import { measureTips } from './tips.ts';

/** `program` is the worker's, as one file. */
export function measureInPage(program: string): Promise<number[]> {
  const worker = new Worker(URL.createObjectURL(new Blob([program], { type: 'text/javascript' })));
  return measureTips({
    post: (message) => worker.postMessage(message),
    listen: (listener) => (worker.onmessage = (event) => listener(event.data)),
  });
}

/** The program of a Web Worker that measures what looks and yields cost: posts the rates. */
import { measureYields } from './yields.ts';

const yieldToMessages = () => globalThis.scheduler.postTask(() => undefined);
self.onmessage = () => void measureYields(yieldToMessages).then((rates) => self.postMessage(rates));

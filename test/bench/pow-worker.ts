/** One worker of a browser in the proof-of-work benchmark: posts what it measured. */
import { measureSearches } from './pow-measure.ts';

self.onmessage = () => void measureSearches().then((measured) => self.postMessage(measured));

/** One Node process of the proof-of-work benchmark: prints what it measured as JSON. */
import { measureSearches } from './pow-measure.ts';

void measureSearches().then((measured) => console.log(JSON.stringify(measured)));

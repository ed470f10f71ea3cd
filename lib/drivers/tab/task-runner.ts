/**
 * Runs actions as tasks of their own, so that what the page has to do meanwhile comes between them (R28).
 */

/** Returns a function that runs an action soon. Messages are not held back in hidden tabs, as timers are. */
export function makeTaskRunner(): (action: () => void) => void {
  const actions: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => actions.shift()?.();
  return (action) => {
    actions.push(action);
    port2.postMessage(null);
  };
}

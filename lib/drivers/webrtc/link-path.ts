/**
 * Whether a data channel goes from device to device or through a TURN server, as the browser's statistics tell (R27).
 */

/** What is read of one report of `getStats`, of the types `transport`, `candidate-pair` and candidates. */
interface Report {
  readonly id?: unknown;
  readonly type?: unknown;
  readonly selectedCandidatePairId?: unknown;
  readonly localCandidateId?: unknown;
  readonly remoteCandidateId?: unknown;
  readonly nominated?: unknown;
  readonly state?: unknown;
  readonly candidateType?: unknown;
}

/** Whether one end of the pair of addresses in use is that of a TURN server. */
export function isThroughTurn(reports: Iterable<object>): boolean {
  const all = [...reports] as Report[];
  const byId = (id: unknown): Report | undefined => all.find((report) => report.id === id);
  const transport = all.find(
    ({ type, selectedCandidatePairId }) =>
      type === 'transport' && selectedCandidatePairId !== undefined,
  );
  // Firefox has no report of the transport.
  const pair =
    transport === undefined
      ? all.find(
          ({ type, nominated, state }) =>
            type === 'candidate-pair' && nominated === true && state === 'succeeded',
        )
      : byId(transport.selectedCandidatePairId);
  if (pair === undefined) return false;
  return [pair.localCandidateId, pair.remoteCandidateId].some(
    (id) => byId(id)?.candidateType === 'relay',
  );
}

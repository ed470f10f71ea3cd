/**
 * The figures of a running peer in the text format that Prometheus reads (exposition format 0.0.4).
 */
import type { SessionSnapshot } from '../drivers/session.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Values under the text of their labels; a figure that is not known yet is left out. */
  readonly values: readonly (readonly [labels: string, value: number | null])[];
}

/** All figures of this moment. */
export function writeMetrics(snapshot: SessionSnapshot): string {
  return metricsOf(snapshot)
    .flatMap(({ name, type, help, values }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...values
        .filter(([, value]) => value !== null)
        .map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function metricsOf(snapshot: SessionSnapshot): Metric[] {
  const { tip, mining, peers, blocks, rates, refused } = snapshot;
  const byKind = new Map<string, number>();
  for (const { kind } of peers) byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
  const udp = peers.filter(({ kind }) => kind === 'udp');
  const only = (value: number | null) => [['', value]] as const;
  return [
    metric('height', 'gauge', 'Height of the best chain.', only(tip?.height ?? null)),
    metric('stored_height', 'gauge', 'Highest block on disk.', only(snapshot.storedHeight)),
    metric('blocks_kept', 'gauge', 'Blocks in the tree, genesis included.', only(blocks.kept)),
    metric('orphans', 'gauge', 'Blocks that wait for their parent.', only(blocks.orphans)),
    metric('blocks_found_total', 'counter', 'Blocks found by this peer.', only(mining.found)),
    metric(
      'own_blocks',
      'gauge',
      'Blocks of this account on the best chain.',
      only(mining.onChain),
    ),
    metric(
      ...(['hashes_per_second', 'gauge', 'Hash rate of all threads.'] as const),
      only(rates.totalHashesPerSecond),
    ),
    metric('hashes_total', 'counter', 'Hashes tried.', only(rates.hashes)),
    metric('mining', 'gauge', '1 while a template is searched.', only(mining.active ? 1 : 0)),
    metric(
      'peers',
      'gauge',
      'Peers by kind of link.',
      [...byKind].map(([kind, count]) => [label('kind', kind), count] as const),
    ),
    metric(
      'udp_peer_height',
      'gauge',
      'Greatest height that a UDP miner has shown.',
      udp.map(({ name, height }) => [label('peer', name), height] as const),
    ),
    metric(
      'udp_peer_trouble',
      'gauge',
      '1 where something is wrong with a UDP miner.',
      udp.map(({ name, trouble }) => [label('peer', name), trouble === null ? 0 : 1] as const),
    ),
    metric(
      'refused_total',
      'counter',
      'What was refused, by code.',
      Object.entries(refused).map(([code, count]) => [label('code', code), count] as const),
    ),
  ];
}

function metric(
  name: string,
  type: Metric['type'],
  help: string,
  values: Metric['values'],
): Metric {
  return { name: `tabchain_${name}`, type, help, values };
}

function label(name: string, value: string): string {
  const escaped = value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  return `${name}="${escaped}"`;
}

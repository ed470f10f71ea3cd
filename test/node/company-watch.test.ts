import { afterEach, describe, expect, it, vi } from 'vitest';
import { NOBODY_CAME, watchForCompany } from '../../lib/node/company-watch.ts';
import { eventually } from '../support/eventually.ts';

const WAIT_MS = 20;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function watch() {
  const complain = vi.fn<(text: string) => void>();
  const own = new Set(['127.0.0.1', '::1', '10.0.0.1']);
  const company = watchForCompany({ complain }, own, WAIT_MS);
  closers.push(company.close);
  return { complain, company };
}

describe('a room that nobody reaches', () => {
  it('says once what may be wrong, though tabs of this machine are there', async () => {
    const { complain, company } = watch();
    company.begin();
    for (const own of ['127.0.0.1', '::ffff:10.0.0.1', '::1']) company.connected(own);
    await eventually(() => expect(complain).toHaveBeenCalled());
    expect(complain.mock.calls).toEqual([[NOBODY_CAME]]);
    expect(NOBODY_CAME).not.toContain('\n');
  });

  it.each(['before', 'after'])(
    'says nothing where another device came %s it was open',
    async (when) => {
      const { complain, company } = watch();
      if (when === 'before') company.connected('10.0.0.2');
      company.begin();
      company.connected('::ffff:10.0.0.2');
      // A watch that began later has spoken, so this one would have.
      const later = watch();
      later.company.begin();
      await eventually(() => expect(later.complain).toHaveBeenCalled());
      expect(complain).not.toHaveBeenCalled();
    },
  );
});

import { afterEach, describe, expect, it, vi } from 'vitest';
import { catchInterrupts, untilAborted } from '../../lib/node/interrupt.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Ctrl-C', () => {
  it('asks for a clean end first, and ends at once the second time', async () => {
    const ended: (number | string | null | undefined)[] = [];
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      ended.push(code);
      return undefined as never;
    });
    let nowMs = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const { signal, release } = catchInterrupts();
    expect(signal.aborted).toBe(false);
    process.emit('SIGINT');
    await untilAborted(signal);

    // A parent such as npm passes the same press on.
    nowMs = 100;
    process.emit('SIGINT');
    expect(ended).toEqual([]);

    nowMs = 1_000;
    process.emit('SIGTERM');
    expect(ended).toEqual([130]);
    release();
  });

  it('is left to others after its release', () => {
    const before = process.listenerCount('SIGINT');
    const { release } = catchInterrupts();
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    release();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});

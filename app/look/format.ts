/**
 * Figures as people read them: few digits, the unit beside them, and the same width from one moment to the next.
 */

const LARGE = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const NARROW_SPACE = '\u202f';
const NO_BREAK_SPACE = '\u00a0';
/** Made once: that takes far longer than to use it. */
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** `950 H/s`, `38.2 MH/s`. */
export function formatRate(hashesPerSecond: number): string {
  const { digits, prefix } = scale(hashesPerSecond);
  return `${digits}${NO_BREAK_SPACE}${prefix}H/s`;
}

/** `950`, `16.8 M`: a large count in three digits. */
export function formatCount(count: number): string {
  const { digits, prefix } = scale(count);
  return prefix === '' ? digits : `${digits}${NO_BREAK_SPACE}${prefix}`;
}

/** `950 B`, `16.8 MB`: the size of what is stored. */
export function formatBytes(bytes: number): string {
  const { digits, prefix } = scale(bytes);
  return `${digits}${NO_BREAK_SPACE}${prefix}B`;
}

/** A whole number with its digits in groups of three from five digits on: `9999`, `10 000`. */
export function formatWhole(value: number): string {
  const digits = String(Math.round(value));
  return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, NARROW_SPACE);
}

/** `0.8 s`, `14 s`, `3 min`, `2 h`, `5 days`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 9.95) return join(seconds.toFixed(1), 's');
  if (seconds < 99.5) return join(Math.round(seconds), 's');
  const minutes = seconds / 60;
  if (minutes < 99.5) return join(Math.round(minutes), 'min');
  const hours = minutes / 60;
  if (hours < 47.5) return join(Math.round(hours), 'h');
  const days = hours / 24;
  return days < 10_000 ? join(Math.round(days), 'days') : 'ages';
}

/** A span that somebody set, without digits that say nothing: `1 s`, `2.5 s`, `10 s`. */
export function formatSetting(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 100 ? join(Number(seconds.toFixed(1)), 's') : formatDuration(milliseconds);
}

/** How long ago a moment was: `just now`, `14 s ago`. */
export function formatAgo(thenMs: number, nowMs: number): string {
  const seconds = Math.floor((nowMs - thenMs) / 1000);
  if (seconds < 1) return 'just now';
  return seconds < 100 ? `${join(seconds, 's')} ago` : `${formatDuration(nowMs - thenMs)} ago`;
}

/** `14 ms`, `1.2 s`. */
export function formatDelay(milliseconds: number): string {
  return milliseconds < 999.5
    ? join(Math.max(1, Math.round(milliseconds)), 'ms')
    : formatDuration(milliseconds);
}

/** `85 %`; a share above nothing is never shown as nothing. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return join('<1', '%');
  return join(Math.round(percent), '%');
}

/** Day and time of the user's own place and language, to the second. */
export function formatMoment(wallMs: number): string {
  return MOMENT.format(wallMs);
}

function join(figure: string | number, unit: string): string {
  return `${figure}${NO_BREAK_SPACE}${unit}`;
}

function scale(value: number): { digits: string; prefix: string } {
  let rest = Math.max(0, value);
  let step = 0;
  while (rest >= 999.5 && step < LARGE.length - 1) {
    rest /= 1000;
    step++;
  }
  const decimals = step === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  return { digits: rest.toFixed(decimals), prefix: LARGE[step]! };
}

/**
 * Times of blocks in the formats of the field: ISO, C's `ctime`, and seconds or milliseconds since 1970 (R24).
 *
 * A time without a zone is local time, as Python's `datetime.now()` and `ctime()` write it.
 */

export type TimestampFormat = 'iso' | 'ctime' | 'epoch';

/** No time stamp of any format is longer. */
const TEXT_LIMIT_CHARS = 64;
/** Numbers from here on are milliseconds: as seconds they would lie beyond the year 5000. */
const EPOCH_MS_FROM = 1e11;
/** As times, beyond what `Date` can hold. */
const TIME_LIMIT_MS = 8.64e15;

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;
const CTIME = /^[A-Z][a-z]{2} +([A-Z][a-z]{2}) +(\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/;
const NUMBER = /^-?\d{1,17}(?:\.\d{1,17})?(?:e[+-]?\d{1,3})?$/i;

/** Milliseconds since 1970, with fractions, or null where the text is no time. */
export function readTimestamp(text: string): number | null {
  if (text.length > TEXT_LIMIT_CHARS) return null;
  const trimmed = text.trim();
  const timeMs = readNumber(trimmed) ?? readIso(trimmed) ?? readCtime(trimmed);
  return timeMs !== null && Math.abs(timeMs) <= TIME_LIMIT_MS ? timeMs : null;
}

/** A time as text: `2026-05-01 12:34:56.123456` and `Fri May  1 12:34:56 2026` in local time, `1777631696.123456`. */
export function writeTimestamp(timeMs: number, format: TimestampFormat): string {
  const micros = Math.floor(timeMs * 1000);
  const fraction = String(((micros % 1_000_000) + 1_000_000) % 1_000_000).padStart(6, '0');
  // As Python writes a float: its shortest digits, so that the number is the same text when it has passed a Python peer.
  if (format === 'epoch')
    return `${Math.floor(micros / 1_000_000)}.${fraction.replace(/0{1,5}$/, '')}`;
  const date = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const year = String(date.getFullYear()).padStart(4, '0');
  if (format === 'iso')
    return `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}.${fraction}`;
  const day = String(date.getDate()).padStart(2, ' ');
  return `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${day} ${clock} ${year}`;
}

function readNumber(text: string): number | null {
  if (!NUMBER.test(text)) return null;
  const value = Number(text);
  return Math.abs(value) >= EPOCH_MS_FROM ? value : value * 1000;
}

function readIso(text: string): number | null {
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = parts;
  const fractionMs = Number(`0.${fraction === '' ? '0' : fraction}`) * 1000;
  const fields = [year, month, day, hour, minute, second].map(Number);
  return addUp(fields, zone === undefined ? null : readZoneMinutes(zone), fractionMs);
}

function readCtime(text: string): number | null {
  const parts = CTIME.exec(text);
  if (parts === null) return null;
  const month = MONTHS.indexOf(parts[1]!) + 1;
  const fields = [parts[6], month, parts[2], parts[3], parts[4], parts[5]].map(Number);
  return addUp(fields, null, 0);
}

function readZoneMinutes(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3).replace(':', '') || 0);
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Year, month from 1, day, hour, minute and second as one time; null where such a day or hour does not exist. */
function addUp(
  fields: readonly number[],
  zoneMinutes: number | null,
  fractionMs: number,
): number | null {
  const [year, month, day, hour, minute, second] = fields as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const daysOfMonth = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  const real =
    month >= 1 && month <= 12 && day >= 1 && day <= daysOfMonth && hour < 24 && minute < 60;
  if (!real || second > 60) return null;
  const date = new Date(0);
  if (zoneMinutes === null) {
    date.setFullYear(year, month - 1, day);
    date.setHours(hour, minute, second, 0);
    return date.getTime() + fractionMs;
  }
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - zoneMinutes, second, 0);
  return date.getTime() + fractionMs;
}

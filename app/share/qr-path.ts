/**
 * A QR code as one SVG path, drawn from its matrix: no markup is parsed, so no text can become markup.
 */
import { encode } from 'uqr';

/** The standard's quiet zone is four modules wide; cameras miss codes with less on a busy projector. */
export const QUIET_ZONE_MODULES = 4;

export interface QrDrawing {
  /** Modules along a side, quiet zone included. */
  readonly size: number;
  readonly path: string;
}

/** Draws runs of dark modules row by row. Medium error correction: a projector blurs, but does not hide parts. */
export function drawQr(text: string): QrDrawing {
  const { size, data } = encode(text, { ecc: 'M', border: QUIET_ZONE_MODULES });
  let path = '';
  data.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      const start = x;
      while (row[x + 1]) x++;
      const length = x - start + 1;
      path += `M${start} ${y}h${length}v1h-${length}z`;
    }
  });
  return { size, path };
}

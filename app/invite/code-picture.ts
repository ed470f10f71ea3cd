/**
 * Reads the QR code that a picture or a camera shows.
 */

import type { decodeQR } from 'qr/decode.js';

/** Longest side of what is searched, in pixels: a code that fills a quarter of it still has five for each module. */
const SIDE_LIMIT_PX = 1_600;
/** A camera's picture has some 10 MB; more than this is no picture of a code. */
export const PICTURE_LIMIT_BYTES = 64 * 1024 * 1024;
/** How long a search may try again with other guesses: long for one picture, short where another frame comes at once. */
const PATIENCE_MS = { picture: 2_000, frame: 80 } as const;

export type Reading =
  | { readonly kind: 'found'; readonly text: string }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'no-picture' }
  /** What decodes could not be fetched: the server is gone. */
  | { readonly kind: 'no-decoder' };

/** Fetches what decodes, once; it is large, and most pages never need it. Null where that fails. */
export function fetchDecoder(): Promise<typeof decodeQR | null> {
  return import('qr/decode.js').then(
    (module) => module.decodeQR,
    () => null,
  );
}

/** Reads a file that the user has chosen or photographed. */
export async function readPicture(file: Blob): Promise<Reading> {
  if (file.size > PICTURE_LIMIT_BYTES) return { kind: 'no-picture' };
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { kind: 'no-picture' };
  }
  try {
    return await search(bitmap, bitmap.width, bitmap.height, PATIENCE_MS.picture);
  } finally {
    bitmap.close();
  }
}

/** Reads what a playing video shows at this moment. */
export async function readFrame(video: HTMLVideoElement): Promise<Reading> {
  const { videoWidth, videoHeight } = video;
  return videoWidth === 0
    ? { kind: 'nothing' }
    : search(video, videoWidth, videoHeight, PATIENCE_MS.frame);
}

async function search(
  source: CanvasImageSource,
  sourceWidth: number,
  sourceHeight: number,
  timeLimit: number,
): Promise<Reading> {
  const decode = await fetchDecoder();
  if (decode === null) return { kind: 'no-decoder' };
  const scale = Math.min(1, SIDE_LIMIT_PX / Math.max(sourceWidth, sourceHeight));
  const width = Math.max(1, Math.round(sourceWidth * scale));
  const height = Math.max(1, Math.round(sourceHeight * scale));
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return { kind: 'no-picture' };
  context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  try {
    return { kind: 'found', text: decode({ width, height, data }, { timeLimit }) };
  } catch {
    // That is how the decoder says that it sees no code.
    return { kind: 'nothing' };
  }
}

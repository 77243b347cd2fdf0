import { BgpError } from '#core/error.ts';
import { decodeCompact } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import type { JsonObject } from '#core/wire/log.ts';

/** VRPs and ASPAs of the recording's time that its manifest carries in the compact form, base64; null without, or when bad. */
export function manifestRpki({ rpki }: JsonObject): RpkiData | null {
  const { compact } = (rpki ?? {}) as { compact?: unknown };
  if (typeof compact !== 'string') return null;
  try {
    const read = decodeCompact(Uint8Array.from(atob(compact), (char) => char.charCodeAt(0)));
    return read.kind === 'snapshot' ? read.data : null;
  } catch (error) {
    // Bad base64 is a DOMException: bad data like any other here.
    if (error instanceof BgpError || error instanceof DOMException) return null;
    throw error;
  }
}

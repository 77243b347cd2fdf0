import type { ElemBatch } from '#core/elem/batch.ts';
import { KIND } from '#core/elem/batch.ts';
import { encodeUpdates } from '#core/bgp/encode.ts';
import { RisMessageEncoder } from '#core/rislive/message.ts';

/**
 * The `ris_message` frames, as text, of the message that elems `from .. to` of `batch` are; usually one. Empty when RIS Live
 * has no form for it.
 */
export type RisEncode = (batch: ElemBatch, from: number, to: number, includeRaw: boolean) => string[];

/** Largest message of a session with extended messages (RFC 8654): one UPDATE stays one. */
const MAX_MESSAGE_BYTES = 65_535;

/**
 * Elems as RIS Live JSON. `raw` is the UPDATE encoded again from the elems: the same routes and attributes, not the octets
 * the collector saw. A message that has to become several has none.
 */
export function createRisEncode(): RisEncode {
  const encoder = new RisMessageEncoder();
  return (batch, from, to, includeRaw) => {
    const raw = includeRaw && batch.kind[from] !== KIND.state ? rawOf(batch, from, to) : undefined;
    let messages = encoder.encode(batch, from, to, raw);
    if (raw !== undefined && messages.length > 1) messages = encoder.encode(batch, from, to);
    return messages.map((message) => JSON.stringify(message));
  };
}

/** The UPDATE in upper-case hex, marker and header included, as RIPE sends it. */
function rawOf(batch: ElemBatch, from: number, to: number): string | undefined {
  const [message, ...others] = encodeUpdates(batch, from, to, { maxBytes: MAX_MESSAGE_BYTES });
  return message && others.length === 0 ? Buffer.from(message).toString('hex').toUpperCase() : undefined;
}

import type { RecordingRpki } from '#core/event/recording.ts';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { encodeSnapshot } from '#core/rpki/compact.ts';
import { coveringVrps, VrpBuilder, vrpCount } from '#core/rpki/vrp-set.ts';
import { readRpkiFile } from '../rpki/document.ts';
import { windowPrefixes } from './baseline.ts';
import type { EventWindow } from './window.ts';

/** A snapshot further away than this from the event is of another time. */
const MAX_AGE_S = 24 * 3600;

/**
 * What a validator said at the time of the event, out of its JSON (Routinator's or rpki-client's): the VRPs that cover a prefix
 * of the window, and every ASPA.
 * @throws {BgpError} FILE_*, RPKI_*; {Error} when the document does not tell its time, or another one
 */
export async function readRpkiPart(path: string, window: EventWindow): Promise<RecordingRpki> {
  const reader = await readRpkiFile(path);
  const all = reader.endSnapshot();
  const { generatedS } = reader.facts();
  if (generatedS === null) throw new Error(`${path} does not say when it was made`);
  if (Math.abs(generatedS - window.fromUs / 1e6) > MAX_AGE_S)
    throw new Error(`${path} is of ${new Date(generatedS * 1000).toISOString()}, not of the event's time`);
  const builder = new VrpBuilder();
  for (const prefix of windowPrefixes(window).values()) {
    for (const vrp of coveringVrps(all.vrps, prefix))
      builder.add(parsePrefix(vrp.prefix), vrp.maxLength, vrp.asn, builder.trustAnchor(vrp.trustAnchor));
  }
  const [vrps, { aspas }] = [builder.build(), all];
  const version = { session: '0', serial: 0, generatedS };
  return {
    generated: new Date(generatedS * 1000).toISOString(),
    vrps: vrpCount(vrps),
    aspas: aspas.length,
    compact: Buffer.from(encodeSnapshot({ version, vrps, aspas })).toString('base64'),
  };
}

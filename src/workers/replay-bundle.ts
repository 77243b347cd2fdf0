import { ELEM_FLAG } from '#core/elem/batch.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { ElemFilter } from '#core/elem/filter.ts';
import { Recording } from '#core/replay/recording.ts';
import { Sha256 } from '#core/replay/sha256.ts';
import { SliceScan } from '#core/replay/slice.ts';
import { encodeSnapshot } from '#core/rpki/compact.ts';
import type { RpkiData } from '#core/rpki/data.ts';
import { vrpCount } from '#core/rpki/vrp-set.ts';
import { COMPRESSION, encodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import type { JsonObject } from '#core/wire/log.ts';
import { FrameLogEncoder, MAX_MANIFEST_BYTES } from '#core/wire/log.ts';
import { deflated } from '../lib/feed/deflate.ts';
import { ReplayFeed } from '../lib/feed/replay.ts';
import { Analysis, analyse } from './replay-analysis.ts';
import type { ReplayPhase, VerdictList } from './api-replay.ts';
import { BUNDLE_KIND, manifestHash } from './replay-claims.ts';
import type { OpenedRecording } from './replay-opening.ts';
import { verdictsOf } from './replay-verdicts.ts';

export interface Bundle {
  readonly ok: true;
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes of the manifest that rows of verdicts may take beside VRPs and the rest. */
const SPARE_BYTES = 64 * 1024;

/**
 * A part of a recording with what the detectors say about it, as one file that anybody can check: the routes there were, the
 * elems, the RPKI data, the verdicts of the part on its own, the versions that reached them, and hashes of it all.
 *
 * @param giveWay waited for often, so that nothing else has to wait; throws when nobody wants the bundle any more.
 * @throws {BgpError} REPLAY_TOO_MUCH
 */
export async function buildBundle(
  source: OpenedRecording,
  [fromUs, toUs]: readonly [number, number],
  filter: ElemFilter | null,
  giveWay: () => Promise<void>,
): Promise<Bundle> {
  const part = new Recording();
  for (const taken of new SliceScan(source.recording, fromUs, toUs).batches()) {
    if (taken) part.append(taken.batch, taken.body);
    await giveWay();
  }
  const verdicts = await verdictsOfPart(part, source, giveWay);
  const frames = await framesOf(part, giveWay);
  const hash = new Sha256();
  for (const frame of frames) hash.push(frame);
  const manifest = manifestOf(source, part, { fromUs, toUs, filter, verdicts, framesSha256: hash.hex() });
  const encoder = new FrameLogEncoder();
  const pieces = [encoder.start({ ...manifest, sha256: manifestHash(manifest) })];
  for (const frame of frames) pieces.push(encoder.frame(frame));
  pieces.push(encoder.end());
  return { ok: true, name: nameOf(fromUs), bytes: joined(pieces) };
}

async function verdictsOfPart(
  part: Recording,
  { rpki, hasFullTable, opened }: OpenedRecording,
  giveWay: () => Promise<void>,
): Promise<VerdictList> {
  const analysis = new Analysis({ rpki, hasFullTable, samples: false });
  await analyse(new ReplayFeed({ recording: part, label: opened.title, speed: 0 }), analysis, giveWay);
  return verdictsOf(analysis.history, opened.versions, {});
}

async function framesOf(part: Recording, giveWay: () => Promise<void>): Promise<Uint8Array<ArrayBuffer>[]> {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let index = 0; index < part.frames.length; index++) {
    const { body } = part.frames[index]!;
    const { batch } = part.open(index);
    const seq = index + 1;
    const header = {
      kind: FRAME_KIND.batch,
      compression: COMPRESSION.deflateRaw,
      stream: 1,
      seq,
      prev: seq - 1,
      firstUs: batch.timeUs[0]!,
      lastUs: batch.timeUs[batch.length - 1]!,
      elems: batch.length,
      messages: messagesIn(batch),
      rawBytes: body.length,
    };
    frames.push(encodeFrame(header, await deflated(body as Uint8Array<ArrayBuffer>)));
    await giveWay();
  }
  return frames;
}

function messagesIn(batch: ElemBatch): number {
  let messages = 0;
  for (let i = 0; i < batch.length; i++) if (batch.flags[i]! & ELEM_FLAG.first) messages++;
  return messages;
}

interface PartFacts {
  readonly fromUs: number;
  readonly toUs: number;
  readonly filter: ElemFilter | null;
  readonly verdicts: VerdictList;
  readonly framesSha256: string;
}

function manifestOf(
  { opened, rpki, hasFullTable }: OpenedRecording,
  part: Recording,
  facts: PartFacts,
): JsonObject {
  const { fromUs, toUs, filter, verdicts, framesSha256 } = facts;
  const manifest = {
    kind: BUNDLE_KIND,
    title: opened.title,
    description: opened.description,
    from: isoOf(fromUs),
    to: isoOf(toUs),
    firstUs: part.startUs,
    lastUs: part.endUs,
    moments: opened.phases.filter(({ timeUs }) => timeUs >= fromUs && timeUs <= toUs).map(momentOf),
    counts: {
      elems: part.elems,
      tableEntries: part.tableEntries,
      vantages: part.vantages.length,
      ...part.totals,
    },
    recordingSha256: opened.sha256,
    filter,
    hasFullTable,
    rpki: rpki && rpkiOf(rpki),
    versions: opened.versions,
    builder: { name: 'routescope', version: opened.versions.app },
    framesSha256,
  };
  return {
    ...manifest,
    verdicts: fitted(verdicts, MAX_MANIFEST_BYTES - SPARE_BYTES - JSON.stringify(manifest).length),
  };
}

/** The list with as many rows as there is room for, the most telling first; its hash is of all of them. */
function fitted(list: VerdictList, roomBytes: number): VerdictList {
  let [left, rows] = [roomBytes / 2, 0];
  const byWeight = [...list.verdicts].sort((a, b) => b.confidence - a.confidence);
  for (const row of byWeight) {
    // Twice the length bounds what UTF-8 makes of it, the sentence being the only text that is not ASCII at most.
    left -= JSON.stringify(row).length + 1;
    if (left < 0) break;
    rows++;
  }
  if (rows === byWeight.length) return list;
  const kept = new Set(byWeight.slice(0, rows));
  return { ...list, verdicts: list.verdicts.filter((row) => kept.has(row)) };
}

function rpkiOf(data: RpkiData): JsonObject {
  const bytes = encodeSnapshot(data);
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return {
    generated: isoOf(data.version.generatedS * 1e6),
    vrps: vrpCount(data.vrps),
    aspas: data.aspas.length,
    compact: btoa(text),
  };
}

function momentOf({ timeUs, text }: ReplayPhase): { time: string; text: string } {
  return { time: isoOf(timeUs), text };
}

function isoOf(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}

/** `evidence-20080224T184700Z.rsl` */
function nameOf(fromUs: number): string {
  return `evidence-${isoOf(fromUs).slice(0, 19).replace(/[-:]/g, '')}Z.rsl`;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

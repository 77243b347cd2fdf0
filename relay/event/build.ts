import { RULES_VERSION } from '#core/detect/version.ts';
import type { ElemBatch } from '#core/elem/batch.ts';
import type { RoutingEvent } from '#core/event/event.ts';
import type { RecordingManifest, RecordingRpki, RecordingSelection } from '#core/event/recording.ts';
import { FrameLogEncoder } from '#core/wire/log.ts';
import type { EventBaseline } from './baseline.ts';
import type { FrameSet } from './frames.ts';
import { framesOf } from './frames.ts';
import { creditOf } from './recipe.ts';
import type { EventWindow, VantageShare } from './window.ts';

/** Frame sizes tried, elems. Small ones play more evenly, big ones shrink better. */
const FRAME_ELEMS = [25_000, 50_000, 100_000, 200_000];
/** Kept for the manifest, the frames' length prefixes and the end marker. */
const OVERHEAD_BYTES = 16 * 1024;

/** Everything a recording is made of. */
export interface RecordingParts {
  readonly event: RoutingEvent;
  readonly window: EventWindow;
  readonly baseline: EventBaseline | null;
  readonly rpki: RecordingRpki | null;
  /** Version of the shipped models; null without. */
  readonly model: string | null;
  /** Version of the builder. */
  readonly version: string;
}

export interface BuiltRecording {
  readonly manifest: RecordingManifest;
  readonly bytes: Uint8Array;
}

/**
 * Make the frame log of an event in at most `budgetBytes`. Everything of every vantage (multicast routes apart) if that fits, in
 * the smallest frames that do it; otherwise whole vantages are left out and not one update of the others. The same files give
 * the same bytes (under one version of zlib). @throws {Error} when nothing fits, or there is nothing in the window
 */
export function buildRecording(parts: RecordingParts, budgetBytes: number): BuiltRecording {
  const { window, baseline, rpki } = parts;
  if (window.elems === 0) throw new Error('the files have nothing of the event’s window');
  const frameBudget = budgetBytes - OVERHEAD_BYTES - (rpki?.compact.length ?? 0);
  const table = baseline?.batch ?? null;
  const { set, left } = fitAll(window, table, frameBudget) ?? fitSome(window, table, frameBudget);
  const selection: RecordingSelection = {
    rule:
      left.length === 0
        ? 'every unicast route of every vantage'
        : 'every unicast route of as many vantages as fit: those that said something about the event’s prefixes first, ' +
          'the quietest first among them',
    vantagesInWindow: window.shares.size,
    elemsInWindow: window.elems,
    left,
    frameElems: set.frameElems,
  };
  const manifest = manifestOf(parts, set, selection);
  const bytes = encodeLog(manifest, set);
  if (bytes.length > budgetBytes) throw new Error(`${bytes.length} bytes, over the budget of ${budgetBytes}`);
  return { manifest, bytes };
}

interface Fit {
  readonly set: FrameSet;
  /** Names of the vantages left out. */
  readonly left: readonly string[];
}

function fitAll(window: EventWindow, table: ElemBatch | null, frameBudget: number): Fit | null {
  for (const frameElems of FRAME_ELEMS) {
    const set = framesOf(table, window.batches, null, frameElems);
    if (set.bytes <= frameBudget) return { set, left: [] };
  }
  return null;
}

function fitSome(window: EventWindow, table: ElemBatch | null, frameBudget: number): Fit {
  const order = [...window.shares.values()].sort(byUse).map(({ name }) => name);
  const frameElems = FRAME_ELEMS.at(-1)!;
  let best: Fit | null = null;
  for (let low = 1, high = order.length - 1; low <= high;) {
    const count = (low + high) >>> 1;
    const set = framesOf(table, window.batches, new Set(order.slice(0, count)), frameElems);
    if (set.bytes <= frameBudget) {
      best = { set, left: order.slice(count).sort() };
      low = count + 1;
    } else {
      high = count - 1;
    }
  }
  if (!best) throw new Error(`not one vantage fits ${frameBudget} bytes`);
  return best;
}

function byUse(a: VantageShare, b: VantageShare): number {
  const sawFocus = Number(b.focusElems > 0) - Number(a.focusElems > 0);
  if (sawFocus !== 0) return sawFocus;
  return a.elems - b.elems || (a.name < b.name ? -1 : 1);
}

function manifestOf(parts: RecordingParts, set: FrameSet, selection: RecordingSelection): RecordingManifest {
  const { event, window, baseline, rpki, model, version } = parts;
  const { id, title, story, from, to, phases, citations } = event;
  return {
    id,
    title,
    description: story,
    collectors: set.collectors,
    from,
    to,
    firstUs: set.firstUs,
    lastUs: set.lastUs,
    moments: phases,
    counts: set.counts,
    selection,
    source: { ...creditOf(event, window.isElemJsonl), files: window.files },
    baseline: baseline?.facts ?? null,
    rpki,
    versions: { rules: RULES_VERSION, model },
    framesSha256: set.sha256,
    references: citations.flatMap(({ url }) => url ?? []),
    builder: { name: 'routescope event build', version },
  };
}

function encodeLog(manifest: RecordingManifest, set: FrameSet): Uint8Array {
  const encoder = new FrameLogEncoder();
  const pieces = [encoder.start({ ...manifest })];
  for (const frame of set.frames) pieces.push(encoder.frame(frame));
  pieces.push(encoder.end());
  return Buffer.concat(pieces);
}

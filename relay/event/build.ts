import type { ElemBatch } from '#core/elem/batch.ts';
import type { EventBaseline } from './baseline.ts';
import type { EventDefinition } from './catalogue.ts';
import type { FrameSet } from './frames.ts';
import { framesOf } from './frames.ts';
import type { ReplayManifest, ReplaySelection } from './manifest.ts';
import type { EventWindow, VantageShare } from './window.ts';
import { FrameLogEncoder } from '#core/wire/log.ts';

/** Frame sizes tried, elems. Small ones play more evenly, big ones shrink better. */
const FRAME_ELEMS = [25_000, 50_000, 100_000, 200_000];
/** Kept for the manifest, the frames' length prefixes and the end marker. */
const OVERHEAD_BYTES = 16 * 1024;

export interface BuiltReplay {
  readonly manifest: ReplayManifest;
  readonly bytes: Uint8Array;
}

/**
 * Make the frame log of an event in at most `budgetBytes`. Everything of every vantage (multicast routes apart) if that fits, in the smallest frames
 * that do it; otherwise whole vantages are left out and not one update of the others. The same files give the same bytes
 * (under one version of zlib).
 */
export function buildReplay(
  event: EventDefinition,
  window: EventWindow,
  baseline: EventBaseline | null,
  budgetBytes: number,
  version: string,
): BuiltReplay {
  const frameBudget = budgetBytes - OVERHEAD_BYTES;
  const table = baseline?.batch ?? null;
  const { set, left } = fitAll(window, table, frameBudget) ?? fitSome(window, table, frameBudget);
  const selection: ReplaySelection = {
    rule:
      left.length === 0
        ? 'every unicast route of every vantage'
        : 'every unicast route of as many vantages as fit: those that said something about the focus prefixes first, ' +
          'the quietest first among them',
    vantagesInWindow: window.shares.size,
    elemsInWindow: window.elems,
    left,
    frameElems: set.frameElems,
  };
  const manifest = manifestOf(event, window, baseline, set, selection, version);
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

function manifestOf(
  event: EventDefinition,
  window: EventWindow,
  baseline: EventBaseline | null,
  set: FrameSet,
  selection: ReplaySelection,
  version: string,
): ReplayManifest {
  const { id, title, description, collector, from, to, moments, references } = event;
  const { name, url, credit } = event.source;
  return {
    id,
    title,
    description,
    collector,
    from,
    to,
    firstUs: set.firstUs,
    lastUs: set.lastUs,
    moments,
    counts: set.counts,
    selection,
    source: { name, url, credit, files: window.files },
    baseline: baseline?.facts ?? null,
    references,
    builder: { name: 'routescope event build', version },
  };
}

function encodeLog(manifest: ReplayManifest, set: FrameSet): Uint8Array {
  const encoder = new FrameLogEncoder();
  const pieces = [encoder.start({ ...manifest })];
  for (const frame of set.frames) pieces.push(encoder.frame(frame));
  pieces.push(encoder.end());
  return Buffer.concat(pieces);
}

import { createReadStream } from 'node:fs';
import { FrameLogDecoder, LOG_MAGIC } from '#core/wire/log.ts';
import { BgpError } from '#core/error.ts';
import type { JsonObject } from '#core/wire/log.ts';
import type { Moment } from './catalogue.ts';

/** How the baseline came about, for the manifest. */
export interface BaselineFacts {
  readonly rule: string;
  readonly routes: number;
  readonly prefixes: number;
  /** Archive files before the window that were read, the first and the last of them, and a hash over all their hashes. */
  readonly files: number;
  readonly firstFile: string;
  readonly lastFile: string;
  readonly sha256: string;
}

/** What a bundled replay says about itself: the manifest of its frame log. */
export interface ReplayManifest {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly collector: string;
  /** The window, ISO 8601 UTC: from `from` on, before `to`. */
  readonly from: string;
  readonly to: string;
  /** Time of the first and of the last elem, Unix microseconds. */
  readonly firstUs: number;
  readonly lastUs: number;
  readonly moments: readonly Moment[];
  readonly counts: ReplayCounts;
  /** How the elems were chosen and what was left out. */
  readonly selection: ReplaySelection;
  readonly source: {
    readonly name: string;
    readonly url: string;
    readonly credit: string;
    readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  };
  /** How it is known what there was before the window; null when it is not. */
  readonly baseline: BaselineFacts | null;
  readonly references: readonly string[];
  readonly builder: { readonly name: string; readonly version: string };
}

export interface ReplayCounts {
  readonly elems: number;
  readonly messages: number;
  readonly announcements: number;
  readonly withdrawals: number;
  readonly stateChanges: number;
  /** What there was before the window. */
  readonly tableEntries: number;
  readonly vantages: number;
}

export interface ReplaySelection {
  readonly rule: string;
  readonly vantagesInWindow: number;
  readonly elemsInWindow: number;
  /** Vantages left out whole, as `address ASN`; every update of the others is in. */
  readonly left: readonly string[];
  readonly frameElems: number;
}

/** The manifest of a frame log, reading no more of it than that; null when the file is no frame log. @throws {BgpError} */
export async function readLogManifest(path: string): Promise<JsonObject | null> {
  let manifest: JsonObject | null = null;
  const decoder = new FrameLogDecoder({ onManifest: (read) => (manifest = read), onFrame: () => undefined });
  let isFirst = true;
  const stream = createReadStream(path, { highWaterMark: 16 * 1024 });
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      if (isFirst && !LOG_MAGIC.every((byte, i) => chunk[i] === byte)) return null;
      isFirst = false;
      decoder.push(chunk);
      if (manifest) return manifest;
    }
  } catch (cause) {
    if (cause instanceof BgpError) throw cause;
    throw new BgpError('FILE_UNREADABLE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
  return null;
}

/** The manifest of a replay built by `event build`; null for any other file. @throws {BgpError} */
export async function readReplayManifest(path: string): Promise<ReplayManifest | null> {
  const manifest = await readLogManifest(path);
  return manifest && isReplayManifest(manifest) ? manifest : null;
}

function isReplayManifest(value: JsonObject): value is JsonObject & ReplayManifest {
  const hasTexts = ['id', 'title', 'from', 'to'].every((name) => typeof value[name] === 'string');
  return hasTexts && Number.isFinite(value.firstUs) && Number.isFinite(value.lastUs);
}

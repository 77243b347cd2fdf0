import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BgpError } from '#core/error.ts';
import type { JsonObject } from '#core/wire/log.ts';
import { FrameLogDecoder } from '#core/wire/log.ts';
import type { Log } from '../log.ts';
import { openElemFile } from './file.ts';
import type { Recording } from './replay.ts';

/** A file of any format `openElemFile` reads, as something to replay. A frame log says itself what it is and from when. */
export async function fileRecording(path: string, collector: string, log: Log): Promise<Recording> {
  const manifest = path === '-' ? null : await readManifest(path);
  return {
    label: textOf(manifest?.['title']) ?? (path === '-' ? 'standard input' : basename(path)),
    startUs: timeUsOf(manifest?.['from']),
    endUs: timeUsOf(manifest?.['to']),
    open: (onDamage) => readFile(path, collector, log, onDamage),
  };
}

/** Damaged records are logged once per pass. */
async function* readFile(
  path: string,
  collector: string,
  log: Log,
  onDamage: (code: string, records: number) => void,
): AsyncGenerator<ElemBatch> {
  const file = openElemFile(path, collector === '' ? {} : { collector });
  try {
    yield* file.batches;
  } finally {
    const { countByCode, total, first } = file.stats.damage;
    for (const [code, records] of countByCode) onDamage(code, records);
    if (total > 0) log.warn('replay.records-skipped', { records: total, first: first[0]?.detail ?? '' });
  }
}

const HEAD_BYTES = 256 * 1024;

/** The manifest of a frame log; null for any other file, and for what cannot be read (playing it will tell). */
async function readManifest(path: string): Promise<JsonObject | null> {
  let manifest: JsonObject | null = null;
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      const decoder = new FrameLogDecoder({
        onManifest: (found) => (manifest = found),
        onFrame: () => undefined,
      });
      decoder.push(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (cause) {
    const isExpected = cause instanceof BgpError || (cause instanceof Error && 'code' in cause);
    if (!isExpected) throw cause;
  }
  return manifest;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : null;
}

/** ISO 8601 text -> Unix microseconds. */
function timeUsOf(value: unknown): number | null {
  const timeMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(timeMs) ? null : timeMs * 1000;
}

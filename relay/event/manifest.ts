import { createReadStream } from 'node:fs';
import { FrameLogDecoder, LOG_MAGIC } from '#core/wire/log.ts';
import { BgpError } from '#core/error.ts';
import type { RecordingManifest } from '#core/event/recording.ts';
import type { JsonObject } from '#core/wire/log.ts';

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
export async function readRecordingManifest(path: string): Promise<RecordingManifest | null> {
  const manifest = await readLogManifest(path);
  return manifest && isRecordingManifest(manifest) ? manifest : null;
}

function isRecordingManifest(value: JsonObject): value is JsonObject & RecordingManifest {
  const hasTexts = ['id', 'title', 'from', 'to'].every((name) => typeof value[name] === 'string');
  return hasTexts && Number.isFinite(value.firstUs) && Number.isFinite(value.lastUs);
}

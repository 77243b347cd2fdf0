/** Two days of frames through state, features and scorer as the workers do it; the same code in Node and in a browser. */
import type { FeatureFrame } from '../src/lib/core/feature/window.ts';
import { FeatureExtractor } from '../src/lib/core/feature/extractor.ts';
import { publicOriginOf } from '../src/lib/core/origin/path-view.ts';
import { Rib } from '../src/lib/core/rib/rib.ts';
import { decodeBatch } from '../src/lib/core/wire/batch.ts';
import type { BackendOptions } from '../src/lib/ml/backend.ts';
import type { ReadModelFile } from '../src/lib/ml/model-files.ts';
import type { AlarmRecord } from '../src/workers/api-scores.ts';
import { ScoringModels } from '../src/workers/score-models.ts';
import { Scoring } from '../src/workers/scoring.ts';

export interface SkewInput {
  readonly read: ReadModelFile;
  readonly wasmPaths: BackendOptions['wasmPaths'];
  readonly use: NonNullable<BackendOptions['use']>;
  /** Bodies of frames, one file after the other; each behind its length, u32 little-endian. */
  readonly files: AsyncIterable<Uint8Array>;
  /** Called with each frame of windows; what the command line prints is compared with it. */
  readonly onFrame?: (frame: FeatureFrame) => void;
}

export interface SkewAnswer {
  readonly elems: number;
  readonly windows: number;
  readonly masked: number;
  /** By frame of windows, in order: start, width, and a hash of all masks and the bits of all values. */
  readonly hashes: readonly string[];
  /** By minute of the scored ones: stream and score. */
  readonly scores: readonly (readonly [minute: number, stream: string, score: number])[];
  readonly alarms: readonly AlarmRecord[];
  readonly backend: string;
}

export async function measureSkew(input: SkewInput): Promise<SkewAnswer> {
  const models = new ScoringModels({
    read: input.read,
    backend: {
      wasmPaths: input.wasmPaths,
      nowMs: () => performance.now(),
      use: input.use,
      renderer: () => null,
    },
  });
  const { state, code, backend } = await models.load();
  if (state !== 'ready') throw new Error(`models: ${state} ${code}`);
  const scoring = new Scoring(() => performance.now());
  scoring.setModels(models.models, models.network);
  const rib = new Rib({ budgetBytes: 1024 ** 3, trackPaths: true, originOf: publicOriginOf });
  const ready: FeatureFrame[] = [];
  const extractor = new FeatureExtractor(rib, { emit: (frame) => ready.push(frame) });
  const scores: [number, string, number][] = [];
  const hashes: string[] = [];
  const take = async (): Promise<void> => {
    for (const frame of ready.splice(0)) {
      hashes.push(`${frame.startUs} ${frame.widthS} ${hashOf(frame)}`);
      input.onFrame?.(frame);
      await scoring.step(frame);
      if (frame.widthS !== 60) continue;
      for (const { name, scored } of scoring.streams()) {
        const minute = frame.startUs / 60e6;
        if (scored?.minute === minute && !Number.isNaN(scored.score))
          scores.push([minute, name, scored.score]);
      }
    }
  };
  for await (const file of input.files) {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    for (let at = 0; at < file.length;) {
      const length = view.getUint32(at, true);
      const batch = decodeBatch(file.slice(at + 4, at + 4 + length));
      extractor.step(batch, rib.step(batch));
      await take();
      at += 4 + length;
    }
  }
  extractor.end();
  await take();
  const { windows, masked } = scoring.counts;
  const alarms = scoring.alarms.between(-Infinity, Infinity, Infinity);
  const { elems } = extractor.stats();
  return { elems, windows, masked, hashes, scores, alarms, backend: backend?.chosen ?? 'none' };
}

/** FNV-1a over the bytes. */
function hashOf({ masks, values, streams }: FeatureFrame): string {
  let hash = 0x811c_9dc5;
  const add = (bytes: Uint8Array): void => {
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
  };
  add(masks);
  // A NaN may have any of many bits.
  add(new Uint8Array(values.map((value) => (Number.isNaN(value) ? -1 : value)).buffer));
  for (const name of streams) add(Uint8Array.from(name, (one) => one.charCodeAt(0)));
  return (hash >>> 0).toString(16);
}

import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { afterEach, expect, test } from 'vitest';
import { RIB_OPTIONS } from '#core/detect/engine.ts';
import { FeatureExtractor } from '#core/feature/extractor.ts';
import type { FeatureFrame } from '#core/feature/window.ts';
import { Rib } from '#core/rib/rib.ts';
import { openElemFile } from '../../relay/source/file.ts';
import { tinyModels } from '../../tests/fixtures/tiny-models.ts';
import type { FeatureMessage } from './api-features.ts';
import { Replay } from './replay.ts';
import { Scorer } from './scorer.ts';

const PATH = new URL('../../static/replays/youtube-pakistan-20080224.rsl', import.meta.url);
const closing: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of closing.splice(0)) one.close();
});

async function openReplay(): Promise<Replay> {
  const replay = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: 'http://127.0.0.1:1/' });
  closing.push(replay);
  const file = new File([readFileSync(PATH)], 'a.rsl');
  const opened = await replay.open({ kind: 'file', file }, () => undefined);
  if (!opened.ok) throw new Error(opened.reason);
  return replay;
}

/** Windows that come through the port, and whether it was closed. */
function receive(replay: Replay) {
  const { port1, port2 } = new MessageChannel();
  closing.push(port1, port2);
  const frames: FeatureFrame[] = [];
  let isClosed = false;
  port2.addEventListener('close', () => (isClosed = true));
  port2.onmessage = ({ data }: MessageEvent<FeatureMessage>) => {
    if (data.type !== 'frame') return;
    frames.push(data.frame);
    port2.postMessage({ type: 'ack', alarms: [], scored: 0 });
  };
  replay.features(port1);
  return { frames, isClosed: () => isClosed };
}

/** Scores of all vantages together, of a scorer of its own. */
async function scoresOf(replay: Replay, lastUs: number): Promise<Float32Array> {
  const scorer = new Scorer({
    read: tinyModels().read,
    readPast: () => Promise.resolve(null),
    backend: {
      wasmPaths: '/nowhere/',
      nowMs: () => performance.now(),
      renderer: () => null,
      use: (name) => (name === 'cpu' ? tf.setBackend(name) : Promise.resolve(false)),
    },
  });
  closing.push(scorer);
  const { port1, port2 } = new MessageChannel();
  scorer.connect(port2);
  replay.features(port1);
  await expect.poll(() => scorer.view().timeUs, { timeout: 50_000 }).toBe(lastUs);
  const report = await scorer.stream('all');
  if (!report.ok) throw new Error(report.reason);
  return report.scores;
}

test('the features of a replay are those of the stream, all of them, and its scores are the same every time', async () => {
  const replay = await openReplay();
  const { frames, isClosed } = receive(replay);
  await expect.poll(isClosed, { timeout: 50_000 }).toBe(true);
  const wanted: FeatureFrame[] = [];
  const rib = new Rib({ ...RIB_OPTIONS, trackPaths: true });
  const extractor = new FeatureExtractor(rib, { emit: (frame) => wanted.push(frame) });
  for await (const batch of openElemFile(PATH.pathname).batches) extractor.step(batch, rib.step(batch));
  extractor.end();
  expect(frames).toEqual(wanted);
  const lastUs = frames.findLast(({ widthS }) => widthS === 60)!.startUs + 60e6;
  const first = await scoresOf(replay, lastUs);
  expect(first.filter((score) => Number.isFinite(score)).length).toBeGreaterThan(60);
  expect(await scoresOf(replay, lastUs)).toEqual(first);
}, 180_000);

test('without a recording, and when another pass begins, the port is closed', async () => {
  const none = new Replay({ app: '0.0.0', model: null, fetch, baseUrl: 'http://127.0.0.1:1/' });
  await expect.poll(receive(none).isClosed).toBe(true);
  const replay = await openReplay();
  const first = receive(replay);
  const second = receive(replay);
  await expect.poll(first.isClosed, { timeout: 20_000 }).toBe(true);
  await expect.poll(() => second.frames.length, { timeout: 50_000 }).toBeGreaterThan(first.frames.length);
});

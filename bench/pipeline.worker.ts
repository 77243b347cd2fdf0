/** The worker of the pipeline benchmark in a browser: the same frames through the same code, inflated as the page does. */
import { decodeCompact } from '../src/lib/core/rpki/compact.ts';
import type { FrameHeader } from '../src/lib/core/wire/frame.ts';
import { decodeFrame } from '../src/lib/core/wire/frame.ts';
import { decodeBatch } from '../src/lib/core/wire/batch.ts';
import { inflateBody } from '../src/lib/feed/inflate.ts';
import type { PipelineAnswer, PipelineInput } from './pipeline.measure.ts';
import { BenchPipeline } from './pipeline.measure.ts';

/** Milliseconds of one round, inflating included and alone, and what came of it. */
export interface WorkerRound {
  readonly allMs: number;
  readonly inflateMs: number;
  readonly answer: PipelineAnswer;
}

interface Frame {
  readonly header: FrameHeader;
  readonly body: Uint8Array<ArrayBuffer>;
}

addEventListener('message', ({ data }: MessageEvent<number>) => {
  void run(data).then((rounds) => postMessage(rounds));
});

async function run(rounds: number): Promise<WorkerRound[]> {
  const [baseline, frames, rpki] = await Promise.all(['/baseline', '/frames', '/rpki'].map(fetchBytes));
  const compact = decodeCompact(rpki!);
  if (compact.kind !== 'snapshot') throw new Error('the RPKI data are no snapshot');
  const list = framesOf(frames!);
  const bodies = list.map(({ body }) => body);
  const input = { baseline: decodeBatch(baseline!), bodies, rpki: compact.data };
  const done: WorkerRound[] = [];
  for (let round = 0; round < rounds; round++) done.push(await measure(input, list));
  return done;
}

/** All there is between two looks at the clock is this thread's work: nothing is waited for but inflating. */
async function measure(input: PipelineInput, frames: readonly Frame[]): Promise<WorkerRound> {
  const pipeline = new BenchPipeline(input);
  let inflateMs = 0;
  const startMs = performance.now();
  for (const { header, body } of frames) {
    const fromMs = performance.now();
    const raw = await inflateBody(header, body);
    inflateMs += performance.now() - fromMs;
    pipeline.step(raw);
  }
  const allMs = performance.now() - startMs;
  return { allMs, inflateMs, answer: pipeline.answer() };
}

/** Frames one after the other, each behind its length. */
function framesOf(bytes: Uint8Array<ArrayBuffer>): Frame[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at);
    const { header, body } = decodeFrame(bytes.subarray(at + 4, at + 4 + length));
    frames.push({ header, body: body as Uint8Array<ArrayBuffer> });
    at += 4 + length;
  }
  return frames;
}

async function fetchBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { encodeBatch } from '#core/wire/batch.ts';
import { COMPRESSION, encodeFrame, FRAME_KIND } from '#core/wire/frame.ts';
import { batchOf, manyElems } from '../../tests/fixtures/batches.ts';
import type { TeeMessage, TeeReply } from '../lib/feed/frame-tee.ts';
import type { SqlRow, Writer } from '../lib/store/history/engine.ts';
import { BgpError } from '#core/error.ts';
import { Recorder } from './history-recorder.ts';

/** An engine that keeps what is inserted, commits whole writes, and fails when told to. */
class FakeEngine {
  elems = 0;
  frames = new Map<string, string>();
  passes = new Map<string, string>();
  deletes: string[] = [];
  failures: Error[] = [];

  rows(sql: string): Promise<SqlRow[]> {
    const parse = (text: string): string[] => [...text.matchAll(/\(([^)]*)\)/g)].map(([, row]) => row!);
    if (sql.includes('recorded_frames')) {
      return Promise.resolve(
        [...this.frames.values()].flatMap(parse).map((row) => {
          const [stream, from, to] = row.split(', ').map(Number);
          return { stream: stream!, from_seq: from!, to_seq: to! };
        }),
      );
    }
    return Promise.resolve(
      [...this.passes.values()].flatMap(parse).map((row) => {
        const [source, from, to] = row.split(', ');
        return { source: source!.slice(1, -1), from_us: Number(from), to_us: Number(to) };
      }),
    );
  }

  async write<T>(work: (writer: Writer) => Promise<T>): Promise<T> {
    const failure = this.failures.shift();
    if (failure) throw failure;
    return work({
      run: (sql) => {
        const value = /INSERT INTO recorded_(\w+) VALUES (.*)/.exec(sql);
        const key = /\((\d+|'[^']*'), /.exec(sql)?.[1] ?? '';
        if (value) (value[1] === 'frames' ? this.frames : this.passes).set(key, value[2]!);
        if (sql.startsWith('DELETE FROM recording_elems')) this.deletes.push(sql);
        return Promise.resolve();
      },
      rows: () => Promise.resolve([]),
      insert: (ipc) => {
        this.elems += tableFromIPC(ipc).numRows;
        return Promise.resolve();
      },
    });
  }
}

class Port {
  readonly said: TeeReply[] = [];
  onmessage: ((event: MessageEvent) => void) | null = null;

  postMessage(reply: TeeReply): void {
    this.said.push(reply);
  }

  tell(data: TeeMessage): void {
    this.onmessage?.({ data } as MessageEvent<TeeMessage>);
  }

  get done(): number {
    return this.said.reduce((sum, reply) => sum + (reply.type === 'done' ? reply.frames : 0), 0);
  }
}

function frame(seq: number, batch: ElemBatch | null, stream = 7): TeeMessage {
  const raw = batch ? encodeBatch(batch) : new Uint8Array(0);
  const header = {
    kind: batch ? FRAME_KIND.batch : FRAME_KIND.reset,
    compression: COMPRESSION.none,
    stream,
    seq,
    prev: seq - 1,
    firstUs: batch ? Math.min(...batch.timeUs) : 0,
    lastUs: batch ? Math.max(...batch.timeUs) : 0,
    elems: batch?.length ?? 0,
    messages: batch?.length ?? 0,
    rawBytes: raw.length,
  };
  return { type: 'frame', bytes: encodeFrame(header, raw) };
}

const LIVE: TeeMessage = { type: 'source', stream: 7, kind: 'ris-live', label: 'RIS Live' };
const REPLAY: TeeMessage = { type: 'source', stream: 7, kind: 'replay', label: 'a recording' };

async function recorder(
  engine: FakeEngine,
  makeRoom: (isRefused: boolean) => Promise<void> = () => Promise.resolve(),
) {
  const waits: number[] = [];
  const made = new Recorder({
    engine,
    nowMs: () => 0,
    makeRoom,
    wait: (ms) => Promise.resolve(void waits.push(ms)),
    onWritten: () => undefined,
    onChange: () => undefined,
  });
  await made.open();
  const port = new Port();
  made.listen(port);
  return { made, port, waits };
}

test('each frame once: also after another page, which sends again what was there', async () => {
  const engine = new FakeEngine();
  const first = await recorder(engine);
  expect(first.port.said).toEqual([{ type: 'start', isFromOldest: true }]);
  first.port.tell(LIVE);
  for (let seq = 1; seq <= 3; seq++) first.port.tell(frame(seq, manyElems(100, seq * 100)));
  await first.made.stop();
  expect(engine.elems).toBe(300);
  expect(first.port.done).toBe(0); // stopped: nobody counts any more

  const second = await recorder(engine);
  second.port.tell(LIVE);
  for (let seq = 2; seq <= 5; seq++) second.port.tell(frame(seq, manyElems(100, seq * 100)));
  await second.made.stop();
  expect(engine.elems).toBe(500);
  expect(second.made.health()).toMatchObject({ elems: 200, repeatedElems: 200, droppedElems: 0 });
});

test('frames are acknowledged when they are written, not before', async () => {
  const engine = new FakeEngine();
  const { made, port } = await recorder(engine);
  port.tell(LIVE);
  for (let seq = 1; seq <= 12; seq++) port.tell(frame(seq, manyElems(1000, seq * 1000)));
  await expect.poll(() => port.done).toBeGreaterThanOrEqual(10);
  expect(engine.elems).toBe(port.done * 1000);
  await made.stop();
  expect(engine.elems).toBe(12_000);
});

test('a recording in a loop is stored once, whatever its frames are cut into', async () => {
  const engine = new FakeEngine();
  const { made, port } = await recorder(engine);
  const all = manyElems(1000);
  const part = (from: number, to: number): ElemBatch =>
    batchOf(
      Array.from({ length: to - from }, (_, i) => ({ timeUs: all.timeUs[from + i]!, prefix: from + i })),
    );
  port.tell(REPLAY);
  port.tell(frame(1, part(0, 600)));
  port.tell(frame(2, part(600, 1000)));
  port.tell(frame(3, null));
  port.tell(frame(4, part(0, 300)));
  port.tell(frame(5, part(300, 1000)));
  await made.stop();
  // The last instant is taken again: whether the first pass had all of it cannot be known.
  expect(engine.elems).toBe(1001);
  expect(engine.deletes).toHaveLength(1);
  expect(made.health().repeatedElems).toBe(999);
});

test('a write that fails is tried again with all it held; without room, room is made first', async () => {
  const engine = new FakeEngine();
  let made = 0;
  const { made: recording, port } = await recorder(engine, () => Promise.resolve(void made++));
  engine.failures = [
    new BgpError('HISTORY_FAILED', 'its worker failed'),
    new DOMException('no', 'QuotaExceededError'),
  ];
  port.tell(LIVE);
  port.tell(frame(1, manyElems(50)));
  await recording.stop();
  expect(engine.elems).toBe(50);
  expect(made).toBe(1);
  expect(recording.health().droppedElems).toBe(0);
});

test('what cannot be written after three tries is counted, and recording goes on', async () => {
  const engine = new FakeEngine();
  const { made, port } = await recorder(engine);
  engine.failures = [1, 2, 3].map((n) => new BgpError('HISTORY_FAILED', `attempt ${n}`));
  port.tell(LIVE);
  port.tell(frame(1, manyElems(50)));
  await expect.poll(() => port.done).toBe(1);
  expect(made.health()).toMatchObject({ elems: 0, droppedElems: 50, droppedFrames: 1 });
  expect(made.health().reason).toContain('attempt 3');
  port.tell(frame(2, manyElems(50, 50)));
  await made.stop();
  expect(engine.elems).toBe(50);
});

test('bad frames are counted by code and harm nothing', async () => {
  const engine = new FakeEngine();
  const { made, port } = await recorder(engine);
  port.tell(LIVE);
  port.tell({ type: 'frame', bytes: Uint8Array.of(1, 2, 3) });
  const cut = (frame(1, manyElems(5)) as { bytes: Uint8Array<ArrayBuffer> }).bytes;
  port.tell({ type: 'frame', bytes: cut.slice(0, cut.length - 4) });
  port.tell({ type: 'dropped', frames: 2, elems: 30 });
  port.tell(frame(2, manyElems(5)));
  await made.stop();
  expect(engine.elems).toBe(5);
  expect(made.health()).toMatchObject({
    bad: [{ code: 'WIRE_BAD_FRAME', count: 2 }],
    droppedFrames: 2,
    droppedElems: 30,
  });
});

test('when the engine is lost, what it had not kept is asked for again, and only that is written', async () => {
  const engine = new FakeEngine();
  const refused: boolean[] = [];
  const { made, port } = await recorder(engine, (isRefused) => Promise.resolve(void refused.push(isRefused)));
  port.tell(LIVE);
  for (let seq = 1; seq <= 10; seq++) port.tell(frame(seq, manyElems(1000, seq * 1000)));
  await expect.poll(() => engine.elems).toBe(10_000);
  // Frame 11 is taken and not written when the engine goes; frames 8 to 10 were in its log only.
  port.tell(frame(11, manyElems(1000, 11_000)));
  engine.frames.set('7', '(7, 1, 7)');
  engine.elems = 7000;
  made.lost(
    new BgpError('HISTORY_FULL', 'No space available for this operation', {
      cause: new DOMException('No space available for this operation', 'QuotaExceededError'),
    }),
  );
  await expect.poll(() => port.said.filter(({ type }) => type === 'start').length).toBe(2);
  expect(refused).toEqual([true]);
  port.tell(LIVE);
  for (let seq = 1; seq <= 12; seq++) port.tell(frame(seq, manyElems(1000, seq * 1000)));
  await made.stop();
  expect(engine.elems).toBe(12_000);
  expect(engine.frames.get('7')).toBe('(7, 1, 12)');
  expect(made.health()).toMatchObject({ repeatedElems: 0, droppedElems: 0, droppedFrames: 0 });
});

test('an engine that goes again and again is looked for ever more seldom; what was lost meanwhile is counted', async () => {
  const engine = new FakeEngine();
  const { made, port, waits } = await recorder(engine);
  port.tell(LIVE);
  for (let seq = 1; seq <= 10; seq++) port.tell(frame(seq, manyElems(1000, seq * 1000)));
  await expect.poll(() => engine.elems).toBe(10_000);
  for (let n = 0; n < 9; n++) {
    made.lost(new BgpError('HISTORY_FAILED', 'gone'));
    await expect.poll(() => port.said.filter(({ type }) => type === 'start').length).toBe(n + 2);
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000]);
  // The other end has nothing older than frame 15 any more.
  port.tell(LIVE);
  port.tell(frame(15, manyElems(1000, 15_000)));
  await made.stop();
  expect(made.health()).toMatchObject({ elems: 11_000, droppedFrames: 4, reason: '' });
});

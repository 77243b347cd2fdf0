import { afterEach, expect, test } from 'vitest';
import { manyElems } from '../../tests/fixtures/batches.ts';
import { RisLiveServer, risUpdate } from '../../tests/fixtures/ris-live-server.ts';
import { SILENT } from '../log.ts';
import { AutoSource } from './auto.ts';
import { ReplaySource } from './replay.ts';
import { RisLiveSource } from './ris-live.ts';
import type { SourceEvent } from './source.ts';

let server: RisLiveServer | null = null;
afterEach(() => server?.close());

const recording = {
  label: 'the bundle',
  startUs: null,
  endUs: null,
  // eslint-disable-next-line @typescript-eslint/require-await -- a file is read asynchronously, this is not
  async *open() {
    yield manyElems(100_000);
  },
};

test('replays until RIS Live can be reached, then starts over with that', async () => {
  const gone = new RisLiveServer();
  const url = await gone.url();
  await gone.close();
  let probes = 0;
  const openLive = (): RisLiveSource => {
    probes++;
    return new RisLiveSource({
      url,
      client: 'test',
      collectors: [],
      prefixes: [],
      includeRaw: false,
      openMs: 1000,
      silenceMs: 10_000,
      lagMs: 180_000,
    });
  };
  const replay = new ReplaySource(recording, {
    speed: 1,
    isLooping: true,
    reason: 'RIS Live cannot be reached',
  });
  const source = new AutoSource(replay, openLive, { retryMs: 20, log: SILENT });
  const events: SourceEvent[] = [];
  const kinds: string[] = [];
  for await (const event of source.batches) {
    events.push(event);
    kinds.push(source.status().kind);
    if (!server && probes >= 2) {
      server = new RisLiveServer(Number(new URL(url).port));
      server.onSubscribe(({ socket }) => socket.send(JSON.stringify(risUpdate(1, Date.now()))));
    }
    if (source.status().messages > 0 && source.status().kind === 'ris-live') await source.close();
  }
  expect(kinds[0]).toBe('replay');
  const resets = events.flatMap((event, i) => (event.type === 'reset' ? [i] : []));
  expect(resets).toHaveLength(1);
  expect(events[resets[0]!]).toEqual({ type: 'reset', reason: 'RIS Live can be reached' });
  expect(kinds.slice(resets[0])).toEqual(kinds.slice(resets[0]).map(() => 'ris-live'));
  expect(events.at(-1)).toMatchObject({ type: 'batch', batch: { length: 1 } });
});

test('closing ends it while it still tries', async () => {
  const replay = new ReplaySource(recording, { speed: 1, isLooping: true });
  const openLive = (): RisLiveSource => {
    throw new Error('not tried so soon');
  };
  const source = new AutoSource(replay, openLive, { retryMs: 60_000, log: SILENT });
  for await (const _ of source.batches) await source.close();
  expect(source.status().state).toBe('ended');
});

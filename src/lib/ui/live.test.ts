import { expect, test } from 'vitest';
import type { ElemFilter } from '#core/elem/filter.ts';
import type { LiveView } from '../../workers/api.ts';
import type { PipelineHandle } from '../../workers/spawn.ts';
import { Live } from './live.svelte.ts';
import { viewFixture } from './view.fixture.ts';

/** Stands in for the worker thread: records what it is asked, and says what the test wants. */
class FakeWorker {
  readonly asked: string[] = [];
  view: (view: LiveView) => void = () => undefined;
  crash: (reason: string) => void = () => undefined;
  isOver = false;

  readonly handle = {
    pipeline: {
      subscribe: (onView: (view: LiveView) => void) => {
        this.view = onView;
        return Promise.resolve();
      },
      start: ({ url }: { url: string }) => Promise.resolve(void this.asked.push(`start ${url}`)),
      setFilter: (filter: ElemFilter | null) =>
        Promise.resolve(void this.asked.push(`filter ${JSON.stringify(filter)}`)),
      older: () => Promise.resolve([]),
    },
    onCrash: (report: (reason: string) => void) => (this.crash = report),
    terminate: () => (this.isOver = true),
  } as unknown as PipelineHandle;
}

function open() {
  const workers: FakeWorker[] = [];
  const live = new Live(() => {
    const worker = new FakeWorker();
    workers.push(worker);
    return worker.handle;
  }, 'ws://host/stream');
  return { live, workers };
}

test('views replace each other; the calm one keeps still for a second', async () => {
  const { live, workers } = open();
  await live.start();
  workers[0]!.view(viewFixture(1, 1));
  workers[0]!.view(viewFixture(2, 1));
  expect(live.view?.totals.elems).toBe(2);
  expect(live.calm?.totals.elems).toBe(1);
});

test('another filter shows at once in the calm view too', async () => {
  const { live, workers } = open();
  await live.start();
  workers[0]!.view(viewFixture(1, 1));
  await live.setFilter({ asns: [1] });
  workers[0]!.view(viewFixture(2, 1, { asns: [1] }));
  expect(live.calm?.totals.elems).toBe(2);
});

test('the same filter is not sent twice', async () => {
  const { live, workers } = open();
  await live.start();
  await live.setFilter({ asns: [1] });
  await live.setFilter({ asns: [1] });
  expect(workers[0]!.asked).toEqual(['start ws://host/stream', 'filter {"asns":[1]}']);
});

test('a crash is shown, and a restart keeps the filter', async () => {
  const { live, workers } = open();
  await live.start();
  await live.setFilter({ asns: [1] });
  workers[0]!.crash('out of memory');
  expect(live.crash).toBe('out of memory');
  expect(workers[0]!.isOver).toBe(true);
  expect(await live.older(5, 10)).toEqual([]);
  await live.start();
  expect(live.crash).toBeNull();
  expect(workers[1]!.asked).toEqual(['filter {"asns":[1]}', 'start ws://host/stream']);
});

test('a worker that was replaced is not heard any more', async () => {
  const { live, workers } = open();
  await live.start();
  await live.start();
  workers[0]!.view(viewFixture(7, 1));
  workers[0]!.crash('late');
  expect(live.view).toBeNull();
  expect(live.crash).toBeNull();
});

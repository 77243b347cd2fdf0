import { expect, test } from 'vitest';
import { feedFixture, workerFixture } from './health.fixture.ts';
import { lossReport } from './loss.ts';
import { stages } from './status/stages.ts';

const plain = (text: string): string => text.replaceAll('\u2009', ' ');

test('nothing lost is an empty report', () => {
  expect(lossReport(feedFixture(), workerFixture())).toEqual({ losses: [], letGo: [] });
});

test('each kind of loss is counted under its name', () => {
  const source = { ...feedFixture().source!, badMessages: 4 };
  const feed = feedFixture({ gapCount: 2, lostFrames: 7, lostElems: 6543, badFrames: 1, source });
  const { losses } = lossReport(feed, workerFixture({ droppedFrames: 3 }));
  expect(losses.map(({ what, count }) => `${count} ${what}`)).toEqual([
    '2 gaps in the stream',
    '1 unreadable frame',
    '3 frames dropped here',
    '4 bad messages at the source',
  ]);
  expect(plain(losses[0]!.meaning)).toBe('At least 7 frames with 6 543 updates are missing.');
});

test('a gap of unknown size says so', () => {
  const { losses } = lossReport(feedFixture({ gapCount: 1 }), workerFixture());
  expect(losses).toEqual([
    { what: 'gap in the stream', count: 1, meaning: 'How much is missing is not known.' },
  ]);
});

test('forgetting old state within a budget is no loss', () => {
  const report = lossReport(feedFixture(), workerFixture({ evictedRoutes: 5, droppedBatches: 2 }));
  expect(report.losses).toEqual([]);
  expect(report.letGo.map(({ what }) => what)).toEqual(['routes evicted', 'old batches let go']);
});

test('the stages name the place of the loss', () => {
  const feed = feedFixture({ gapCount: 1, badFrames: 2 });
  const lost = stages(feed, workerFixture({ droppedFrames: 3 }), null).map((stage) => stage.lost);
  expect(lost).toEqual([
    '',
    null,
    '1 gap, unknown amount; 2 unreadable frames',
    '3 frames dropped, too slow',
  ]);
});

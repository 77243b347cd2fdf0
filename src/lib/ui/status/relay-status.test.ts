import { expect, test } from 'vitest';
import { parseRelayStatus } from './relay-status.ts';

test('an answer of the relay', () => {
  const status = parseRelayStatus({
    version: '0.1.0',
    startedMs: 1000,
    nowMs: 61_000,
    queue: { queued: 0, limit: 4096, dropped: 0 },
    hub: { seq: 12, clients: 1, lostFrames: 0, lostElems: 0, gaps: 0 },
    process: { node: 'v20.20.2', rssBytes: 123, cpuS: 1.5, loopDelayP99Ms: 21 },
  });
  expect(status?.version).toBe('0.1.0');
  expect(status?.hub.seq).toBe(12);
  expect(status?.hub.elems).toBeNaN();
  expect(status?.process.node).toBe('v20.20.2');
});

test.each([[null], ['text'], [undefined], [7]])('%s is no status', (answer) => {
  expect(parseRelayStatus(answer)).toBeNull();
});

test('parts of another shape are unknown, not an error', () => {
  const status = parseRelayStatus({ version: 3, hub: 'full', process: { node: 20, cpuS: '1' } });
  expect(status?.version).toBe('');
  expect(status?.hub.clients).toBeNaN();
  expect(status?.process).toEqual({ rssBytes: NaN, cpuS: NaN, loopDelayP99Ms: NaN, node: '' });
});

import { expect, test } from 'vitest';
import type { TeeMessage, TeePort, TeeReply } from './frame-tee.ts';
import { FrameTee } from './frame-tee.ts';

class Port implements TeePort {
  readonly got: TeeMessage[] = [];
  onmessage: ((event: MessageEvent) => void) | null = null;
  isClosed = false;

  postMessage(message: TeeMessage): void {
    this.got.push(message);
  }

  close(): void {
    this.isClosed = true;
  }

  say(data: TeeReply): void {
    this.onmessage?.({ data } as MessageEvent<TeeReply>);
  }

  /** First bytes of the frames received. */
  get frames(): number[] {
    return this.got.flatMap((message) => (message.type === 'frame' ? [message.bytes[0]!] : []));
  }
}

const LIVE = { kind: 'ris-live', label: 'RIS Live' } as const;
const START: TeeReply = { type: 'start', isFromOldest: true };

function feed(tee: FrameTee, from: number, to: number, bytes = 10): void {
  for (let i = from; i <= to; i++)
    tee.frame(
      Uint8Array.from({ length: bytes }, () => i),
      100,
    );
}

function listening(tee: FrameTee): Port {
  const port = new Port();
  tee.attach(port);
  return port;
}

test('a listener begins with what was kept, once it says so', () => {
  const tee = new FrameTee();
  tee.source(7, LIVE);
  feed(tee, 1, 3);
  const port = listening(tee);
  expect(port.got).toEqual([]);
  port.say(START);
  feed(tee, 4, 5);
  expect(port.got[0]).toEqual({ type: 'source', stream: 7, ...LIVE });
  expect(port.frames).toEqual([1, 2, 3, 4, 5]);
});

test('one that wants no past gets the frames to come, with their source', () => {
  const tee = new FrameTee();
  tee.source(7, LIVE);
  feed(tee, 1, 3);
  const port = listening(tee);
  port.say({ type: 'start', isFromOldest: false });
  feed(tee, 4, 4);
  expect(port.got.map(({ type }) => type)).toEqual(['source', 'frame']);
  expect(port.frames).toEqual([4]);
});

test('a slow listener is waited for, and told what it will not get', () => {
  const tee = new FrameTee({ bytes: 50, frames: 100, inFlight: 2 });
  tee.source(7, LIVE);
  const port = listening(tee);
  port.say(START);
  feed(tee, 1, 12);
  expect(port.frames).toEqual([1, 2]);
  port.say({ type: 'done', frames: 2 });
  expect(port.got.find(({ type }) => type === 'dropped')).toEqual({ type: 'dropped', frames: 5, elems: 500 });
  expect(port.frames).toEqual([1, 2, 8, 9]);
  port.say({ type: 'done', frames: 2 });
  port.say({ type: 'done', frames: 2 });
  expect(port.frames).toEqual([1, 2, 8, 9, 10, 11, 12]);
});

test('without a listener nothing is counted as lost, and little is kept', () => {
  const tee = new FrameTee({ bytes: 30, frames: 100, inFlight: 100 });
  tee.source(7, LIVE);
  feed(tee, 1, 9);
  tee.source(8, LIVE);
  feed(tee, 10, 10);
  const port = listening(tee);
  port.say(START);
  expect(port.frames).toEqual([8, 9, 10]);
  expect(port.got.map((message) => (message.type === 'source' ? message.stream : message.type))).toEqual([
    7,
    'frame',
    'frame',
    8,
    'frame',
  ]);
});

test('stopped it sends nothing; another listener takes the place of the first', () => {
  const tee = new FrameTee();
  const first = listening(tee);
  first.say(START);
  first.say({ type: 'stop' });
  feed(tee, 1, 2);
  expect(first.frames).toEqual([]);
  const second = listening(tee);
  second.say(START);
  expect(first.isClosed).toBe(true);
  expect(second.frames).toEqual([1, 2]);
  first.say(START);
  feed(tee, 3, 3);
  expect(first.frames).toEqual([]);
});

import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ElemBatch } from '#core/elem/batch.ts';
import { BatchBuilder } from '#core/elem/builder.ts';
import { elemRows } from '#core/elem/row.ts';
import { RisLiveDecoder } from '#core/rislive/decoder.ts';
import { batchOf } from '../../tests/fixtures/batches.ts';
import type { RunningRelay } from '../../tests/fixtures/relay.ts';
import { ManualSource, startRelay, TestClient, until } from '../../tests/fixtures/relay.ts';
import { SILENT } from '../log.ts';
import { fileRecording } from '../source/recording.ts';
import { RisLiveSource } from '../source/ris-live.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? '../shared/data';
const MRT = join(DATA, 'mrt/parsers/updates.20100227.1610.gz');

let source: ManualSource;
let running: RunningRelay;
beforeEach(async () => {
  source = new ManualSource();
  running = await startRelay(source);
});
afterEach(() => running.close());

/** One message each: prefix 10.0.n.0/24 by rrc00, or by rrc21 where n is odd; withdrawn where n is a multiple of 4. */
const SIX = batchOf(
  [1, 2, 3, 4, 5, 6].map((n) => ({
    timeUs: 1_789_019_601_670_000 + n * 1000,
    prefix: n,
    collector: n % 2 ? 'rrc21' : 'rrc00',
    peerAsn: 65_000 + n,
    isWithdrawal: n % 4 === 0,
  })),
);
const TWO_IN_ONE = batchOf([
  { timeUs: 1e15, prefix: 50 },
  { timeUs: 1e15, prefix: 51, isSameMessage: true },
  { timeUs: 1e15, prefix: 52, isWithdrawal: true, isSameMessage: true },
]);

async function subscribed(...subscriptions: object[]): Promise<TestClient> {
  const client = new TestClient(`ws://127.0.0.1:${running.port}/v1/ws/?client=test`);
  await client.opened;
  for (const data of subscriptions) client.send({ type: 'ris_subscribe', data });
  client.send({ type: 'ping', data: null });
  await until(() => client.texts.some(({ type }) => type === 'pong'));
  return client;
}

type Data = Record<string, unknown>;
const messagesOf = (client: TestClient): Data[] =>
  client.texts.filter(({ type }) => type === 'ris_message').map(({ data }) => data as Data);
const prefixesOf = (client: TestClient): string[] =>
  messagesOf(client).flatMap((data) => [
    ...(data['withdrawals'] as string[]),
    ...(data['announcements'] as { prefixes: string[] }[]).flatMap(({ prefixes }) => prefixes),
  ]);

/** What a client with these subscriptions gets of `batch`: the prefixes. */
async function got(batch: ElemBatch, ...subscriptions: object[]): Promise<string[]> {
  const all = await subscribed({});
  const client = await subscribed(...subscriptions);
  source.push({ type: 'batch', batch });
  // Clients are served in the order they came, so this one has all its messages when the first has all.
  const messages = elemRows(batch).length - (batch === TWO_IN_ONE ? 2 : 0);
  await until(() => messagesOf(all).length === messages);
  client.send({ type: 'ping', data: null });
  await until(() => client.texts.filter(({ type }) => type === 'pong').length === 2);
  for (const { socket } of [all, client]) socket.terminate();
  return prefixesOf(client).map((prefix) => prefix.replace(/^10\.0\.(\d+)\.0\/24$/, '$1'));
}

describe('/v1/ws/ as RIPE documents it', () => {
  test.each<[string, object[], string[]]>([
    ['everything', [{}], ['1', '2', '3', '4', '5', '6']],
    ['nothing without a subscription', [], []],
    ['a collector', [{ host: 'rrc21' }], ['1', '3', '5']],
    ['a collector by its full name', [{ host: 'rrc00.ripe.net' }], ['2', '4', '6']],
    ['UPDATEs', [{ type: 'UPDATE' }], ['1', '2', '3', '4', '5', '6']],
    ['KEEPALIVEs, of which there are none', [{ type: 'KEEPALIVE' }], []],
    ['messages with withdrawals', [{ require: 'withdrawals' }], ['4']],
    ['messages with announcements', [{ require: 'announcements' }], ['1', '2', '3', '5', '6']],
    ['a peer', [{ peer: '192.0.2.1' }], ['1', '2', '3', '4', '5', '6']],
    ['another peer', [{ peer: '192.0.2.2' }], []],
    ['a path as a number', [{ path: 65_003 }], ['3']],
    ['a path from its start', [{ path: '^65005,3356' }], ['5']],
    ['a path to its origin, inverted', [{ path: '!64496$' }], []],
    ['a prefix', [{ prefix: '10.0.2.0/24' }], ['2']],
    ['more specifics by default', [{ prefix: '10.0.2.0/23' }], ['2', '3']],
    ['no more specifics', [{ prefix: '10.0.2.0/23', moreSpecific: false }], []],
    ['less specifics', [{ prefix: '10.0.2.128/25', lessSpecific: true }], ['2']],
    ['a list of prefixes', [{ prefix: ['10.0.1.0/24', '10.0.6.0/24'] }], ['1', '6']],
    ['members of one subscription are ANDed', [{ host: 'rrc21', prefix: '10.0.0.0/22' }], ['1', '3']],
    ['subscriptions are a union', [{ host: 'rrc21' }, { prefix: '10.0.4.0/24' }], ['1', '3', '4', '5']],
    ['a message wanted twice comes once', [{ host: 'rrc21' }, { prefix: '10.0.3.0/24' }], ['1', '3', '5']],
  ])('%s', async (_name, subscriptions, want) => {
    expect(await got(SIX, ...subscriptions)).toEqual(want);
  });

  test('a message is one message, whatever part of it was wanted', async () => {
    expect(await got(TWO_IN_ONE, { prefix: '10.0.51.0/24' })).toEqual(['52', '50', '51']);
  });

  test('acknowledges when asked to', async () => {
    const client = await subscribed({ host: 'rrc00', socketOptions: { acknowledge: true } });
    expect(client.texts[0]).toEqual({
      type: 'ris_subscribe_ok',
      data: { subscription: { host: 'rrc00' }, socketOptions: { includeRaw: false, acknowledge: true } },
    });
  });

  test('unsubscribes, also single prefixes of a list', async () => {
    const client = await subscribed({ prefix: ['10.0.1.0/24', '10.0.2.0/24'] }, { host: 'rrc21' });
    client.send({ type: 'ris_unsubscribe', data: { host: 'rrc21' } });
    client.send({ type: 'ris_unsubscribe', data: { prefix: '10.0.1.0/24' } });
    client.send({ type: 'ping', data: null });
    await until(() => client.texts.filter(({ type }) => type === 'pong').length === 2);
    source.push({ type: 'batch', batch: SIX });
    await until(() => messagesOf(client).length === 1);
    expect(prefixesOf(client)).toEqual(['10.0.2.0/24']);
  });

  test('lists the collectors heard', async () => {
    const client = await subscribed({});
    source.push({ type: 'batch', batch: SIX });
    await until(() => messagesOf(client).length === 6);
    client.send({ type: 'request_rrc_list', data: null });
    await until(() => client.texts.at(-1)?.['type'] === 'ris_rrc_list');
    expect(client.texts.at(-1)?.['data']).toEqual(['rrc00.ripe.net', 'rrc21.ripe.net']);
  });

  test.each([
    '{',
    '[]',
    '{"type":"what"}',
    '{"type":"ris_subscribe","data":{"prefix":"10.0.0.0/99"}}',
    '{"type":"ris_subscribe","data":{"path":".*"}}',
    '{"type":"ris_subscribe","data":{"hots":"rrc00"}}',
    '{"type":"ris_unsubscribe","data":{"host":"rrc01"}}',
  ])('%s is answered with ris_error, and the connection stays', async (message) => {
    const client = await subscribed({});
    client.send(message);
    await until(() => client.texts.some(({ type }) => type === 'ris_error'));
    source.push({ type: 'batch', batch: SIX });
    await until(() => messagesOf(client).length === 6);
  });

  test('a message is encoded once per form, however many clients want it', async () => {
    const clients = await Promise.all(
      [{}, {}, {}, { socketOptions: { includeRaw: true } }].map((data) => subscribed(data)),
    );
    source.push({ type: 'batch', batch: SIX });
    await until(() => clients.every((client) => messagesOf(client).length === 6));
    const status = (await (await fetch(`http://127.0.0.1:${running.port}/api/status`)).json()) as {
      risServer: Record<string, number>;
    };
    expect(status.risServer).toMatchObject({ clients: 4, encodes: 12, sentMessages: 24 });
    expect(messagesOf(clients[0]!)[0]).not.toHaveProperty('raw');
    expect(messagesOf(clients[3]!)[0]!['raw']).toMatch(/^FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF/);
  });

  test.skipIf(!existsSync(MRT))('real updates come out as they went in', async () => {
    const client = await subscribed({ socketOptions: { includeRaw: true } });
    const rows: unknown[] = [];
    const recording = await fileRecording(MRT, 'rrc15', SILENT);
    for await (const batch of recording.open(() => undefined)) {
      rows.push(...elemRows(batch));
      source.push({ type: 'batch', batch });
    }
    const builder = new BatchBuilder();
    const decoder = new RisLiveDecoder(builder);
    await until(() => running.hub.stats().elems + running.relay.waitingElems === rows.length);
    await until(() => running.relay.waitingElems === 0);
    client.send({ type: 'ping', data: null });
    await until(() => client.texts.filter(({ type }) => type === 'pong').length === 2);
    for (const message of client.texts) decoder.decode(JSON.stringify(message));
    const back = elemRows(builder.take());
    const key = (row: unknown): string => {
      const { kind, timeUs, prefix, path, peerAsn, peerAddress, nextHop, communities } = row as Record<
        string,
        unknown
      >;
      return JSON.stringify({ kind, timeUs, prefix, path, peerAsn, peerAddress, nextHop, communities });
    };
    const routes = (all: unknown[]) =>
      all
        .filter((row) => (row as Data)['kind'] !== 'state')
        .map(key)
        .sort();
    const [want, have] = [routes(rows), new Set(routes(back))];
    expect(want.filter((row) => !have.has(row))).toEqual([]);
    expect(routes(back)).toHaveLength(want.length);
  });

  test('our own RIS Live source understands it', async () => {
    const live = new RisLiveSource({
      url: `ws://127.0.0.1:${running.port}/v1/ws/`,
      client: 'test',
      collectors: ['rrc21'],
      prefixes: [],
      includeRaw: true,
      openMs: 2000,
      silenceMs: 10_000,
      lagMs: 1e15,
    });
    await until(() => running.hub.isHeard);
    await live.opened;
    await new Promise((resolve) => setTimeout(resolve, 20));
    source.push({ type: 'batch', batch: SIX });
    for await (const event of live.batches) {
      if (event.type !== 'batch') continue;
      const wanted = elemRows(SIX).filter(({ collector }) => collector === 'rrc21');
      expect(elemRows(event.batch)).toEqual(wanted);
      await live.close();
    }
    expect(live.status()).toMatchObject({ messages: 3, badMessages: 0 });
  });

  test('/v1/stream/ gives the same as lines', async () => {
    const lines: string[] = [];
    const url = `http://127.0.0.1:${running.port}/v1/stream/?format=json&client=test`;
    const request = get(url, { headers: { 'x-ris-subscribe': '{"host":"rrc21"}' } }, (response) => {
      response.setEncoding('utf8');
      let rest = '';
      response.on('data', (chunk: string) => {
        const parts = (rest + chunk).split('\n');
        rest = parts.pop()!;
        lines.push(...parts);
      });
    });
    request.on('error', () => undefined);
    await until(() => running.hub.isHeard);
    source.push({ type: 'batch', batch: SIX });
    await until(() => lines.length === 3);
    expect(lines.map((line) => (JSON.parse(line) as { data: Data }).data['host'])).toEqual(
      Array(3).fill('rrc21.ripe.net'),
    );
    request.destroy();
    await until(() => !running.hub.isHeard);
  });

  test('/v1/stream/ says what is wrong with a subscription', async () => {
    const response = await fetch(`http://127.0.0.1:${running.port}/v1/stream/`, {
      headers: { 'x-ris-subscribe': '{"path":"*"}' },
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});

import { describe, expect, test } from 'vitest';
import type { Backend, Changes, KeptIncident, KeptMark, SettingKey, Stored } from './backend.ts';
import { record } from './record.fixture.ts';
import { Store } from './store.ts';

/** A database in memory that can be made to fail. */
class TestBackend implements Backend {
  readonly incidents = new Map<string, KeptIncident>();
  readonly marks = new Map<string, KeptMark>();
  readonly settings = new Map<SettingKey, string>();
  writes = 0;
  loadError: Error | null = null;
  writeErrors: Error[] = [];
  isClosed = false;

  load(): Promise<Stored> {
    if (this.loadError) return Promise.reject(this.loadError);
    return Promise.resolve({
      incidents: [...this.incidents.values()],
      marks: [...this.marks.values()],
      settings: Object.fromEntries(this.settings),
    });
  }

  write({ incidents, marks, settings }: Changes): Promise<void> {
    const error = this.writeErrors.shift();
    if (error) return Promise.reject(error);
    this.writes++;
    for (const [id, kept] of incidents) {
      if (kept) this.incidents.set(id, kept);
      else this.incidents.delete(id);
    }
    for (const [id, mark] of marks) {
      if (mark) this.marks.set(id, { id, mark });
      else this.marks.delete(id);
    }
    for (const [key, text] of settings) {
      if (text === null) this.settings.delete(key);
      else this.settings.set(key, text);
    }
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
  }
}

const DAY_MS = 86_400_000;
const quota = (): Error => Object.assign(new Error('full'), { name: 'QuotaExceededError' });

async function opened(backend: TestBackend, nowMs = () => 1000, maxIncidents?: number): Promise<Store> {
  const store = new Store({ backend, nowMs, ...(maxIncidents === undefined ? {} : { maxIncidents }) });
  await store.open();
  return store;
}

test('what is kept is there when the page comes back', async () => {
  const backend = new TestBackend();
  const store = await opened(backend);
  store.keep(record('a'));
  store.keep(record('b'));
  store.setMark('a', { kind: 'ack', atMs: 5 });
  store.setSetting('watch-list', 'watch: []');
  await store.close();
  expect(backend).toMatchObject({ writes: 1, isClosed: true });
  const again = await opened(backend);
  expect(again.earlier().map(({ incident }) => incident.id)).toEqual(['a', 'b']);
  expect(again.get('b')).toEqual(record('b'));
  expect(again.mark('a')).toEqual({ kind: 'ack', atMs: 5 });
  expect(again.setting('watch-list')).toBe('watch: []');
  expect(again.health()).toEqual({
    ...{ state: 'ready', reason: '', incidents: 2, droppedIncidents: 0, failedWrites: 0, damaged: 0 },
  });
});

test('a mark is undone with the mark before; a snooze ends by itself', async () => {
  let nowMs = 1000;
  const store = await opened(new TestBackend(), () => nowMs);
  expect(store.setMark('a', { kind: 'ack', atMs: 1 })).toBe(null);
  const before = store.setMark('a', { kind: 'snooze', atMs: 1000, untilMs: 2000 });
  expect(before).toEqual({ kind: 'ack', atMs: 1 });
  expect(store.mark('a')).toMatchObject({ kind: 'snooze' });
  nowMs = 2000;
  expect(store.mark('a')).toBe(null);
  store.setMark('a', before);
  expect(store.mark('a')).toEqual(before);
  store.setMark('a', null);
  expect(store.mark('a')).toBe(null);
});

describe('bounds', () => {
  test('by number: the oldest goes, in the database too', async () => {
    const backend = new TestBackend();
    const store = await opened(backend, () => 1000, 3);
    for (const id of ['a', 'b', 'c', 'a', 'd', 'e']) store.keep(record(id));
    await store.flush();
    expect([...backend.incidents.keys()].sort()).toEqual(['a', 'd', 'e']);
    expect(store.health()).toMatchObject({ incidents: 3, droppedIncidents: 2 });
  });

  test('by age', async () => {
    const backend = new TestBackend();
    const store = await opened(backend, () => 0);
    store.keep(record('old'));
    await store.close();
    const again = await opened(backend, () => 91 * DAY_MS);
    expect(again.earlier()).toEqual([]);
    await again.flush();
    expect(backend.incidents.size).toBe(0);
  });
});

describe('when the browser will not keep anything', () => {
  test('no database: everything works until the page closes, and the reason is told', async () => {
    const backend = new TestBackend();
    backend.loadError = Object.assign(new Error('not in private mode'), { name: 'InvalidStateError' });
    const store = await opened(backend);
    store.keep(record('a'));
    store.setMark('a', { kind: 'ignore', atMs: 1 });
    await store.flush();
    expect(backend.writes).toBe(0);
    expect(store.get('a')).not.toBe(null);
    expect(store.mark('a')).not.toBe(null);
    expect(store.health()).toMatchObject({
      state: 'unavailable',
      reason: 'nothing is kept on this device: InvalidStateError: not in private mode',
    });
  });

  test('what Dexie wraps is told once, in one line', async () => {
    const backend = new TestBackend();
    const inner = Object.assign(new Error('The user denied permission to access the database.'), {
      name: 'UnknownError',
    });
    backend.loadError = Object.assign(new Error(`UnknownError ${inner.message}\n ${inner.message}`), {
      inner,
    });
    const store = await opened(backend);
    expect(store.health().reason).toBe(
      'nothing is kept on this device: UnknownError: The user denied permission to access the database',
    );
  });

  test('no room: older incidents make way for what is new', async () => {
    const backend = new TestBackend();
    const store = await opened(backend);
    for (const id of ['a', 'b', 'c']) store.keep(record(id));
    await store.flush();
    backend.writeErrors = [quota()];
    store.keep(record('d'));
    store.setMark('d', { kind: 'ack', atMs: 1 });
    await store.flush();
    expect([...backend.incidents.keys()].sort()).toEqual(['c', 'd']);
    expect(backend.marks.has('d')).toBe(true);
    expect(store.health()).toMatchObject({ incidents: 2, droppedIncidents: 2, failedWrites: 0 });
    expect(store.health().reason).toContain('no more room');
  });

  test('a failed write is counted and told', async () => {
    const backend = new TestBackend();
    let changes = 0;
    const store = new Store({ backend, nowMs: () => 0, onChange: () => changes++ });
    await store.open();
    backend.writeErrors = [quota(), quota()];
    store.keep(record('a'));
    await store.flush();
    backend.writeErrors = [new Error('gone')];
    store.keep(record('b'));
    await store.flush();
    expect(store.health()).toMatchObject({ failedWrites: 2, reason: 'not kept on this device: Error: gone' });
    expect(changes).toBe(3);
  });
});

test('what came before the database was open is not lost to it', async () => {
  const backend = new TestBackend();
  const first = await opened(backend);
  first.keep(record('a', 3));
  first.setMark('a', { kind: 'ack', atMs: 1 });
  await first.close();
  const store = new Store({ backend, nowMs: () => 2000 });
  store.keep(record('a', 9));
  store.setMark('a', null);
  await store.open();
  await store.flush();
  expect(store.get('a')?.incident.confidence).toBe(9);
  expect(store.mark('a')).toBe(null);
  expect(backend.incidents.get('a')?.record.incident.confidence).toBe(9);
  expect(backend.marks.size).toBe(0);
});

test('damaged records are left out and counted', async () => {
  const backend = new TestBackend();
  const bad: unknown[] = [null, {}, { id: 'x', keptAtMs: 1, record: { incident: {} } }];
  bad.push({ id: 'y', keptAtMs: 1, record: { ...record('z'), timeline: null } });
  bad.push({ id: 'y', keptAtMs: Number.NaN, record: record('y') });
  for (const [i, one] of bad.entries()) backend.incidents.set(`bad${i}`, one as KeptIncident);
  backend.incidents.set('a', { id: 'a', keptAtMs: 1, record: record('a') });
  backend.marks.set('a', { id: 'a', mark: { kind: 'snooze', atMs: 1 } as never });
  const store = await opened(backend);
  expect(store.earlier()).toHaveLength(1);
  expect(store.health().damaged).toBe(bad.length + 1);
});

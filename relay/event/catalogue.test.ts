import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RULES_VERSION } from '#core/detect/version.ts';
import { eventIndex } from '#core/event/event.ts';
import { readEvent, readEventIndex } from '#core/event/read.ts';
import { FrameLogDecoder } from '#core/wire/log.ts';
import { CATALOGUE, findEvent, readCatalogue, REPLAYS } from './catalogue.ts';
import { readRecordingManifest } from './manifest.ts';

const events = await readCatalogue();
const recorded = events.filter(({ replay }) => replay !== null);

test('there are 55 events, 34 of them with a recording', () => {
  expect(events).toHaveLength(55);
  expect(recorded).toHaveLength(34);
});

test.each(events)('$id: the file has its name, and names who and what it is about', (event) => {
  const raw: unknown = JSON.parse(readFileSync(join(CATALOGUE, `${event.id}.json`), 'utf8'));
  expect(readEvent(raw)).toEqual(raw);
  const { victims, culprits, start, end } = event.truth;
  expect(victims.length + culprits.length).toBeGreaterThan(0);
  expect(event.asns).toEqual(expect.arrayContaining([...victims, ...culprits]));
  expect(Date.parse(start)).toBeGreaterThanOrEqual(Date.parse(event.from));
  expect(Date.parse(end ?? event.to)).toBeLessThanOrEqual(Date.parse(event.to));
  expect(event.collectors.length).toBeGreaterThan(0);
  expect(event.citations.length).toBeGreaterThan(0);
  expect(event.phases.length).toBeGreaterThan(0);
});

test('the index lists them all, in order of time', () => {
  const index: unknown = JSON.parse(readFileSync(join(CATALOGUE, 'index.json'), 'utf8'));
  expect(readEventIndex(index)).toEqual(eventIndex(events));
  const fromMs = readEventIndex(index).events.map(({ from }) => Date.parse(from));
  expect(fromMs).toEqual([...fromMs].sort((a, b) => a - b));
});

test('all recordings together are at most 4,000,000 bytes, and each belongs to an event', () => {
  const files = readdirSync(REPLAYS).filter((name) => name.endsWith('.rsl'));
  expect(files.sort()).toEqual(recorded.map(({ id }) => `${id}.rsl`).sort());
  const bytes = recorded.reduce((sum, { replay }) => sum + replay!.bytes, 0);
  expect(bytes).toBeLessThanOrEqual(4_000_000);
});

test.each(recorded)('$id: the recording is what the catalogue and its manifest say', async (event) => {
  const path = join(REPLAYS, `${event.id}.rsl`);
  const bytes = readFileSync(path);
  const manifest = (await readRecordingManifest(path))!;
  expect(event.replay).toEqual({
    path: `replays/${event.id}.rsl`,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    elems: manifest.counts.elems,
  });
  const { id, title, story, from, to, phases } = event;
  expect(manifest).toMatchObject({ id, title, description: story, from, to, moments: phases });
  expect(manifest.versions.rules).toBeLessThanOrEqual(RULES_VERSION);
  expect(manifest.source.credit).not.toBe('');
  const frames = createHash('sha256');
  const decoder = new FrameLogDecoder({ onFrame: (frame) => void frames.update(frame) });
  decoder.push(bytes);
  decoder.end();
  expect(frames.digest('hex')).toBe(manifest.framesSha256);
  expect(decoder.totals.elems).toBe(manifest.counts.elems);
});

const good = JSON.parse(readFileSync(join(CATALOGUE, 'amazon_1.json'), 'utf8')) as Record<string, unknown>;

test.each([
  ['no object', null],
  ['another type', { ...good, type: 'magic' }],
  ['a window that ends before it begins', { ...good, to: '2001-01-01T00:00:00Z' }],
  ['a time without seconds', { ...good, from: '2018-04-24T03:26Z' }],
  ['a phase outside the window', { ...good, phases: [{ time: '2030-01-01T00:00:00Z', text: 'later' }] }],
  ['an id that is a path', { ...good, id: '../amazon' }],
  ['a prefix that is none', { ...good, prefixes: ['205.251.192.0/33'] }],
  ['an ASN that is none', { ...good, asns: [-1] }],
  ['a citation that is a script', { ...good, citations: [{ title: 'x', url: 'javascript:alert(1)' }] }],
  ['a replay elsewhere', { ...good, replay: { ...(good['replay'] as object), path: '//evil/x.rsl' } }],
])('refuses %s', (_name, value) => {
  expect(() => readEvent(value)).toThrow(expect.objectContaining({ code: 'EVENT_BAD' }));
});

test('a damaged file is named, and an id is no way out of the folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'events-'));
  writeFileSync(join(folder, 'broken.json'), '{"id":');
  await expect(findEvent('broken', folder)).rejects.toThrow(/EVENT_BAD.*broken\.json|broken/);
  expect(await findEvent('../package', folder)).toBeNull();
  expect(await findEvent('absent', folder)).toBeNull();
});

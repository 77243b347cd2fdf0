import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Incident } from '#core/incident/incident.ts';
import { DetectSession, selectElems } from '../detect/session.ts';
import { openElemFile } from '../source/file.ts';
import { REPLAYS } from './catalogue.ts';

/** Incidents in their last shape, and every one that was of medium confidence or more at some time. */
async function replay(id: string, toUs = Infinity): Promise<{ incidents: Incident[]; alarms: Incident[] }> {
  const session = new DetectSession();
  const last = new Map<string, Incident>();
  const alarms: Incident[] = [];
  for await (const batch of openElemFile(join(REPLAYS, `${id}.rsl`)).batches) {
    const part = selectElems(batch, (i) => batch.timeUs[i]! < toUs);
    if (!part) break;
    session.step(part);
    for (const { incident } of session.engine.transitions()) {
      last.set(incident.id, incident);
      if (incident.level !== 'low') alarms.push(incident);
    }
  }
  for (const incident of session.engine.incidents()) last.set(incident.id, incident);
  return { incidents: [...last.values()], alarms };
}

test('Telegram 2026: all 34 prefixes of AS18101 are found, and nobody else is alarmed about', async () => {
  const { incidents, alarms } = await replay('telegram-rcom-20260616');
  const hijacked = incidents.filter(({ culprits }) => culprits.includes(18101));
  expect(new Set(hijacked.flatMap(({ prefixes }) => prefixes)).size).toBe(34);
  expect(alarms.filter(({ culprits }) => !culprits.some((asn) => asn === 18101 || asn === 45820))).toEqual(
    [],
  );
  const first = incidents.find(({ prefixes }) => prefixes[0] === '95.161.64.0/20');
  expect(first).toMatchObject({ type: 'origin-hijack', level: 'high', victims: [62041] });
  expect(first!.firstSeenUs).toBe(Date.parse('2026-06-16T07:08:57Z') * 1000);
});

test('YouTube 2008: AS17557 is High two minutes after it is first seen and while it lasts', async () => {
  const { incidents } = await replay('youtube-pakistan-20080224', Date.parse('2008-02-24T18:50:00Z') * 1000);
  const found = incidents.filter(({ prefixes }) => prefixes.includes('208.65.153.0/24'));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({ culprits: [17557], victims: [36561], level: 'high', state: 'ongoing' });
}, 60_000);

test('YouTube 2008: its own more-specifics are no alarm', async () => {
  const { alarms } = await replay('youtube-pakistan-20080224');
  expect(alarms.filter(({ culprits }) => culprits.includes(36561))).toEqual([]);
}, 60_000);

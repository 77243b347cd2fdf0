import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rovKnowledge } from '#core/detect/rpki-knowledge.ts';
import type { Knowledge } from '#core/detect/knowledge.ts';
import type { Incident } from '#core/incident/incident.ts';
import { parsePrefix } from '#core/prefix/prefix.ts';
import { VrpBuilder } from '#core/rpki/vrp-set.ts';
import { openElemFile } from '../source/file.ts';
import { DetectSession } from './session.ts';

const DATA = process.env['ROUTESCOPE_DATA'] ?? new URL('../../../shared/data', import.meta.url).pathname;
const FILE = join(DATA, 'telegram-rcom-20260616/telegram-rcom-20260616.merged.jsonl.gz');
const CULPRITS = [18101, 45820];
const TELEGRAM = [62041, 62014, 59930, 44907, 211157];

/** Incidents in their last shape, and every one that was of medium confidence or more at some time. */
async function replay(knowledge: Knowledge): Promise<{ incidents: Incident[]; alarms: Incident[] }> {
  const session = new DetectSession({ knowledge });
  const last = new Map<string, Incident>();
  const alarms: Incident[] = [];
  for await (const batch of openElemFile(FILE, { batchElems: 4000 }).batches) {
    session.step(batch);
    for (const { incident } of session.engine.transitions()) {
      last.set(incident.id, incident);
      if (incident.level !== 'low') alarms.push(incident);
    }
  }
  for (const incident of session.engine.incidents()) last.set(incident.id, incident);
  return { incidents: [...last.values()], alarms };
}

/** No VRPs of that day are at hand: these are SYNTHETIC, the IPv4 space for the ASNs that announced it. */
function syntheticVrps() {
  const builder = new VrpBuilder();
  const roas: readonly [string, number, number][] = [
    ['149.154.160.0/20', 24, 62041],
    ['149.154.168.0/22', 24, 62014],
    ['91.108.4.0/22', 24, 62041],
    ['91.108.8.0/22', 24, 62041],
    ['91.108.16.0/22', 24, 62014],
    ['91.108.56.0/22', 24, 62041],
    ['91.108.56.0/23', 23, 62014],
    ['95.161.64.0/20', 24, 62041],
    ['91.105.192.0/23', 24, 211157],
    ['185.76.151.0/24', 24, 211157],
  ];
  for (const [prefix, maxLength, asn] of roas) {
    const { isV6, bits, words } = parsePrefix(prefix);
    (isV6 ? builder.v6 : builder.v4).push(...words, bits, maxLength, asn, 0);
  }
  return builder.build();
}

describe.skipIf(!existsSync(FILE))('Telegram, 16 June 2026 (needs ROUTESCOPE_DATA)', () => {
  test('few incidents hold all 34 prefixes; Telegram’s own announcements are not alarmed', async () => {
    const { incidents, alarms } = await replay({});
    const theirs = incidents.filter(({ culprits }) => culprits.some((asn) => CULPRITS.includes(asn)));
    expect(theirs.length).toBeLessThanOrEqual(8);
    const hijacked = new Set(
      theirs.filter(({ culprits }) => culprits.includes(18101)).flatMap(({ prefixes }) => prefixes),
    );
    expect(hijacked.size).toBe(34);
    expect(theirs.some(({ culprits }) => culprits.includes(45820))).toBe(true);
    expect(alarms.filter(({ culprits }) => !culprits.some((asn) => CULPRITS.includes(asn)))).toEqual([]);
  });

  test('synthetic ROAs add their tags; what they do not cover is still found', async () => {
    const { incidents, alarms } = await replay(rovKnowledge(syntheticVrps(), 'synthetic'));
    const main = incidents.find(
      ({ type, culprits, victims }) =>
        type === 'origin-hijack' && culprits.includes(18101) && victims.includes(62041),
    );
    expect(main).toMatchObject({ level: 'high' });
    expect(main!.tags).toContainEqual({ name: 'rpki-new-origin-invalid', score: 8 });
    expect(main!.evidence.vrpSerial).toBe('synthetic');
    expect(
      incidents.some(
        ({ culprits, prefixes }) => culprits.includes(18101) && prefixes.includes('2a0a:f280::/32'),
      ),
    ).toBe(true);
    expect(alarms.filter(({ culprits }) => culprits.some((asn) => TELEGRAM.includes(asn)))).toEqual([]);
  });
});

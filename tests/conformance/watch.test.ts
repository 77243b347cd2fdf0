import { describe, expect, test } from 'vitest';
import { KIND } from '#core/elem/batch.ts';
import type { Incident } from '#core/incident/incident.ts';
import type { VerdictTransition } from '#core/watch/verdict-record.ts';
import { Watcher } from '#core/watch/watcher.ts';
import { readWatchText } from '#core/watch/read.ts';
import { parseYaml } from '../../src/lib/watch/yaml.ts';
import { DetectSession, selectElems, tableEntries } from '../../relay/detect/session.ts';
import { openElemFile } from '../../relay/source/file.ts';
import { DATA, HAS_DATA } from '../data.ts';

/** YouTube's watch list of February 2008, in each of the formats, on the hijack of its prefix. */
const LISTS = {
  routescope: `
watch: 1
prefixes:
  - prefixes: [208.65.152.0/22]
    origins: [36561]
`,
  artemis: `
prefixes: { youtube: &youtube [208.65.152.0/22] }
asns: { me: &me 36561 }
rules:
  - prefixes: [*youtube]
    origin_asns: [*me]
`,
  bgpalerter: `
208.65.152.0/22:
  description: YouTube
  asn: 36561
  ignoreMorespecifics: false
`,
};

interface Outcome {
  readonly incidents: readonly Incident[];
  readonly verdicts: readonly VerdictTransition[];
}

async function run(list: string, batchElems: number): Promise<Outcome> {
  const watch = new Watcher(readWatchText(list, parseYaml));
  const session = new DetectSession({ knowledge: { watch } });
  const path = `${DATA}/hijacks/events/pakistan_1.jsonl.gz`;
  for await (const batch of openElemFile(path, { batchElems }).batches) {
    const table = tableEntries(batch);
    if (table) session.learn(table);
  }
  for await (const batch of openElemFile(path, { batchElems }).batches) {
    const stream = selectElems(batch, (i) => batch.kind[i] !== KIND.rib);
    if (stream) session.step(stream);
  }
  return { incidents: session.engine.incidents(), verdicts: watch.book.take() };
}

describe.skipIf(!HAS_DATA)(`YouTube's watch list on 24 February 2008 (${DATA})`, () => {
  test.each(Object.entries(LISTS))('%s: AS17557 is named, by one incident', async (_format, list) => {
    const { incidents, verdicts } = await run(list, 1000);
    expect(incidents.map(({ artemis, culprits, prefixes }) => [artemis, culprits, prefixes])).toEqual([
      ['S|0|-|-', [17_557], ['208.65.153.0/24']],
    ]);
    expect(incidents[0]!.tags).toContainEqual({ name: 'against-the-watch-list', score: 8 });
    const opened = verdicts.filter(({ change }) => change === 'opened').map(({ record }) => record);
    expect(opened.filter(({ hijacker }) => hijacker === 17_557)).toMatchObject([
      { prefix: '208.65.153.0/24', configured: '208.65.152.0/22', notation: 'S|0|-|-', owner: 36_561 },
    ]);
  });

  test('the same however the stream is cut', async () => {
    const whole = await run(LISTS.routescope, 10_000);
    expect(whole.verdicts.length).toBeGreaterThan(0);
    for (const batchElems of [100, 1]) expect(await run(LISTS.routescope, batchElems)).toEqual(whole);
  });
});

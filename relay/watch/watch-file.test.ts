import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BgpError } from '#core/error.ts';
import { asnSetItems } from '#core/watch/asn-set.ts';
import { readWatchText } from '#core/watch/read.ts';
import type { WatchList } from '#core/watch/watch-list.ts';
import { parseYaml } from '../../src/lib/watch/yaml.ts';
import { DATA, HAS_DATA, readData } from '../../tests/data.ts';
import { readWatchFile } from './watch-file.ts';

const read = (text: string): WatchList => readWatchText(text, parseYaml);

function problems(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'WATCH_BAD' });
    return (error as BgpError).message.replace('WATCH_BAD: ', '').split('\n  ');
  }
  return [];
}

const ARTEMIS = `
# Prefixes and AS numbers are declared once and referred to by aliases.
prefixes:
  own: &own
    - 192.0.2.0/24
    - 2001:db8::/32^+
  lent: &lent 198.51.100.0/22^24
monitors:
  riperis: ['']
asns:
  me: &me 64496
  customers: &customers
    - 64500-64510
  upstreams: &upstreams [64497, 64498]
rules:
  - prefixes: [*own]
    origin_asns: [*me]
    neighbors:
      - *upstreams
    mitigation: manual
  - prefixes:
      - *own
      - *lent
    origin_asns: [[*me, *customers]]
    policies: [no-export]
  - prefixes: [*lent]
    origin_asns: '*'
    prepend_seq:
      - [64499, 64497]
`;

test("ARTEMIS' config.yaml with anchors, aliases and nested lists", () => {
  const { rules, format } = read(ARTEMIS);
  expect(format).toBe('artemis');
  expect(
    rules.map(({ prefixes }) =>
      prefixes.map(({ text, minBits, maxBits }) => `${text} ${minBits}-${maxBits}`),
    ),
  ).toEqual([
    ['192.0.2.0/24 24-24', '2001:db8::/32 32-128'],
    ['192.0.2.0/24 24-24', '2001:db8::/32 32-128', '198.51.100.0/22 24-24'],
    ['198.51.100.0/22 24-24'],
  ]);
  expect(rules.map(({ origins }) => asnSetItems(origins))).toEqual([[64496], [64496, '64500-64510'], ['*']]);
  expect(asnSetItems(rules[0]!.neighbors)).toEqual([64497, 64498]);
  expect(rules[2]!.prependSeqs).toEqual([[64499, 64497]]);
});

test('the example of docs/watch.md is a watch list', () => {
  const text = /```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/watch.md', 'utf8'))![1]!;
  const { rules, ases, minPeers } = read(text);
  expect([rules.length, ases.length, minPeers]).toEqual([1, 1, { hijack: 2, visibility: 40 }]);
});

describe('mistakes come with their lines', () => {
  test('in the own format', () => {
    expect(
      problems(
        'watch: 1\nprefixes:\n  - prefixes:\n      - 192.0.2.0/24\n      - nonsense\n    origins: [1, x]\n    colour: red\n',
      ),
    ).toEqual([
      'line 7: prefixes[0].colour: is not known here',
      'line 5: prefixes[0].prefixes[1]: "nonsense" is not a prefix',
      'line 6: prefixes[0].origins[1]: "x" is not an AS number',
    ]);
  });

  test('behind an alias, at what it stands for', () => {
    expect(problems(ARTEMIS.replace('192.0.2.0/24', '192.0.2.0/99'))).toEqual([
      'line 5: prefixes.own[0]: "192.0.2.0/99" is not a prefix',
      'line 5: rules[0].prefixes[0][0]: "192.0.2.0/99" is not a prefix',
      'line 5: rules[1].prefixes[0][0]: "192.0.2.0/99" is not a prefix',
    ]);
  });

  test('what is missing, at what it is missing from', () => {
    expect(problems('192.0.2.0/24:\n  description: x\n198.51.100.0/24:\n  asn: 1\n')).toEqual([
      'line 2: ["192.0.2.0/24"].asn: no AS number',
    ]);
  });

  test('what is no YAML at all', () => {
    expect(problems('watch: [1\nprefixes: }')[0]).toMatch(/^not YAML: line 2: /);
    expect(problems('a: 1\na: 2')[0]).toMatch(/^not YAML: line 2: .*unique/);
  });

  test.each(['', 'null', '42', '- a', '"text"'])('%j is no mapping', (text) => {
    expect(problems(text)[0]).toMatch(/the file: expected a mapping/);
  });
});

test('aliases that multiply are stopped', () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `  l${n + 1}: &l${n + 1} [${Array(9).fill(`*l${n}`).join(', ')}]`,
  );
  const bomb = `asns:\n  l0: &l0 [1, 2, 3]\n${levels.join('\n')}\nrules:\n  - prefixes: [192.0.2.0/24]\n    origin_asns: [*l12]\n`;
  expect(() => read(bomb)).toThrow(expect.objectContaining({ code: 'WATCH_BAD' }));
});

test('a file may be compressed; one that is not there says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'watch-'));
  const path = join(folder, 'config.yaml.gz');
  writeFileSync(path, gzipSync(ARTEMIS));
  expect((await readWatchFile(path)).rules).toHaveLength(3);
  await expect(readWatchFile(join(folder, 'none.yml'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

describe.skipIf(!HAS_DATA)(`BGPalerter's files (${DATA})`, () => {
  const text = (name: string): string => new TextDecoder().decode(readData(`vectors/bgpalerter/${name}`));

  test.each([
    ['prefixes.test.yml', 15, 4],
    ['neighbor_tests__prefixes.test.yml', 2, 2],
  ])('%s: %i prefixes, %i ASes, no warning but that on minLength', (name, rules, ases) => {
    const list = read(text(name));
    expect([list.rules.length, list.ases.length]).toEqual([rules, ases]);
    for (const warning of list.warnings) expect(warning).toMatch(/minLength without maxLength/);
  });

  test('cut and garbled anywhere, a file gives a list or WATCH_BAD', () => {
    const whole = text('prefixes.test.yml');
    const garbled = fc
      .array(
        fc.tuple(
          fc.nat(whole.length),
          fc.nat(30),
          fc.oneof(
            fc.string({ maxLength: 6 }),
            fc.constantFrom('\n', ': ', '- ', '&a ', '*a', '{', '[', '!!x '),
          ),
        ),
        { minLength: 1, maxLength: 4 },
      )
      .map((edits) =>
        edits.reduce((now, [at, count, put]) => now.slice(0, at) + put + now.slice(at + count), whole),
      );
    fc.assert(
      fc.property(garbled, (input) => {
        try {
          read(input);
        } catch (error) {
          expect(error).toBeInstanceOf(BgpError);
          expect(error).toMatchObject({ code: 'WATCH_BAD' });
        }
      }),
      { numRuns: 150 },
    );
  });
});

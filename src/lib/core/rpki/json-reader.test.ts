import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BgpError } from '../error.ts';
import { eachAspa } from './aspa-set.ts';
import { RpkiJsonReader } from './json-reader.ts';
import type { JsonHandler } from './json-scanner.ts';
import { asciiText, JsonScanner } from './json-scanner.ts';
import { eachVrp } from './vrp-set.ts';

function read(text: string | Uint8Array, pieceBytes = 7): RpkiJsonReader {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const reader = new RpkiJsonReader();
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.push(bytes.subarray(at, at + pieceBytes));
  return reader;
}

function snapshot(text: string): { vrps: string[]; aspas: string[]; bad: number } {
  const reader = read(text);
  const { vrps, aspas } = reader.endSnapshot();
  return {
    vrps: [...eachVrp(vrps)].map((v) => `AS${v.asn} ${v.prefix}-${v.maxLength} ${v.trustAnchor}`.trim()),
    aspas: [...eachAspa(aspas)].map((a) => `${a.customer}: ${a.providers.join(' ')}`),
    bad: reader.facts().badRows,
  };
}

const codeOf = (text: string, piece = 7): string => {
  try {
    read(text, piece).endSnapshot();
  } catch (error) {
    if (error instanceof BgpError) return error.code;
    throw error;
  }
  return 'fine';
};

describe('the shapes of validators', () => {
  test('Routinator /json', () => {
    const text = `{ "metadata": { "generated": 1685455841, "generatedTime": "2023-05-30T14:10:41Z" },
      "roas": [ { "asn": "AS196615", "prefix": "93.175.147.0/24", "maxLength": 24, "ta": "ripe" } ],
      "routerKeys": [ { "asn": "AS211321", "SKI": "17", "routerPublicKey": "MFkw", "ta": "ripe" } ],
      "aspas": [ { "customer": "AS1234", "providers": ["AS1","AS2"], "ta": "ripe" } ] }`;
    expect(snapshot(text)).toEqual({
      vrps: ['AS196615 93.175.147.0/24-24 ripe'],
      aspas: ['1234: 1 2'],
      bad: 0,
    });
    expect(read(text).facts()).toMatchObject({ generatedS: 1685455841, session: null });
  });

  test('rpki-client, with router keys, AS 0 and the older form of ASPAs', () => {
    const text = `{"metadata":{"buildtime":"2023-07-27T18:56:02Z","elapsedtime":"301","talfiles":["a","b"]},
      "roas":[{"asn":0,"prefix":"198.18.0.0/15","maxLength":32,"ta":"lmao","expires":1827665407},
              {"asn":64496,"prefix":"2001:DB8::/32","maxLength":48,"ta":"","expires":1}],
      "bgpsec_keys":[{"asn":15562,"ski":"5d","pubkey":"MF=="}],
      "provider_authorizations":{"ipv4":[{"customer_asid":1,"expires":1,"providers":[2,3]}],
                                 "ipv6":[{"customer_asid":1,"expires":1,"providers":[4]}]}}`;
    expect(snapshot(text)).toEqual({
      vrps: ['AS0 198.18.0.0/15-32 lmao', 'AS64496 2001:db8::/32-48'],
      aspas: ['1: 2 3 4'],
      bad: 0,
    });
    expect(read(text).facts().generatedS).toBe(Date.parse('2023-07-27T18:56:02Z') / 1000);
  });

  test('rpki-client aspas; providers [0] is no provider; afi is passed over', () => {
    const text =
      '{"roas":[],"aspas":[{"customer_asid":970,"expires":1,"providers":[0]},{"customer":"AS5","afi":"ipv4","providers":["AS6"]}]}';
    expect(snapshot(text).aspas).toEqual(['5: 6', '970: ']);
  });

  test('jsonext: sources nested in the rows are passed over', () => {
    const text =
      '{"roas":[{"asn":"AS1","prefix":"10.0.0.0/8","maxLength":8,"source":[{"type":"roa","tal":"ripe","validity":{"asn":"AS9","prefix":"1.0.0.0/8"}}]}]}';
    expect(snapshot(text).vrps).toEqual(['AS1 10.0.0.0/8-8']);
  });

  test("BGPalerter's bare list; an empty one, or one of something else, is not all VRPs gone", () => {
    const text = '[{"asn":"AS1","prefix":"10.0.0.9/8","maxLength":8,"ta":"ripe"},{"asn":2,"prefix":"::/0"}]';
    expect(snapshot(text).vrps).toEqual(['AS1 10.0.0.0/8-8 ripe', 'AS2 ::/0-0']);
    expect(codeOf('[]')).toBe('RPKI_BAD_JSON');
    expect(codeOf('["error"]')).toBe('RPKI_BAD_JSON');
    expect(codeOf('[{"error":1}]')).toBe('RPKI_BAD_JSON');
    expect(codeOf('[[{"asn":1,"prefix":"10.0.0.0/8"}]]')).toBe('RPKI_BAD_JSON');
  });

  test('each VRP is told with when it expires; withdrawn and unreadable ones are not', () => {
    const listed: string[] = [];
    const reader = new RpkiJsonReader(undefined, ({ prefix, maxLength, asn, trustAnchor, expiresS }) => {
      listed.push(`${prefix.bits} ${prefix.words.join('.')} ${maxLength} ${asn} ${trustAnchor} ${expiresS}`);
    });
    reader.push(
      Buffer.from(`{"announced":[{"asn":1,"prefix":"10.0.0.0/8","maxLength":9,"ta":"ripe","expires":1753453058},
        {"asn":2,"prefix":"2001:db8::/32"},{"prefix":"10.0.0.0/8","expires":1},
        {"asn":3,"prefix":"11.0.0.0/8","expires":"soon"}],
        "withdrawn":[{"asn":1,"prefix":"10.0.0.0/8","expires":1}]}`),
    );
    expect(listed).toEqual([
      '8 167772160.0.0.0 9 1 ripe 1753453058',
      '32 536939960.0.0.0 32 2  null',
      '8 184549376.0.0.0 8 3  null',
    ]);
  });

  test('json-delta: session beyond 2^53, other key names, router keys', () => {
    const reader = read(`{ "reset": false, "session": "18446744073709551615", "serial": 7, "fromSerial": 5,
      "generated": 1685455841, "generatedTime": "2023-05-30T14:10:41Z",
      "announced": [ {"type":"routeOrigin","asn":"AS1","prefix":"10.0.0.0/8","maxLength":8},
        {"type":"routerKey","keyIdentifier":"x","asn":"AS1","keyInfo":"y"},
        {"type":"aspa","customerAsn":"AS1","providerAsns":["AS2"]} ],
      "withdrawn": [ {"type":"aspa","customerAsn":"AS3","providerAsns":[]},
        {"type":"routeOrigin","asn":"AS4","prefix":"::/0","maxLength":0} ] }`);
    const { vrps, aspas } = reader.endDelta();
    expect(reader.facts()).toEqual({
      session: '18446744073709551615',
      serial: 7,
      fromSerial: 5,
      isReset: false,
      generatedS: 1685455841,
      badRows: 0,
    });
    expect([...eachVrp(vrps.announced)].map((v) => v.prefix)).toEqual(['10.0.0.0/8']);
    expect([...eachVrp(vrps.withdrawn)].map((v) => v.prefix)).toEqual(['::/0']);
    expect(aspas).toEqual({ announced: [{ customer: 1, providers: [2] }], withdrawn: [3] });
  });

  test('a reset has the whole set and no withdrawn member', () => {
    const reader = read('{"reset":true,"session":"1","serial":0,"generated":5,"announced":[]}');
    expect(reader.facts()).toMatchObject({ isReset: true, fromSerial: null, serial: 0 });
  });
});

describe('rows that are none are counted and left out', () => {
  const good = '{"asn":1,"prefix":"10.0.0.0/8","maxLength":9}';
  test.each([
    ['no asn', '{"prefix":"10.0.0.0/8","maxLength":8}'],
    ['asn of 33 bits', '{"asn":4294967296,"prefix":"10.0.0.0/8","maxLength":8}'],
    ['asn that is text', '{"asn":"ASX","prefix":"10.0.0.0/8","maxLength":8}'],
    ['no prefix', '{"asn":1,"maxLength":8}'],
    ['a bare address', '{"asn":1,"prefix":"10.0.0.0","maxLength":32}'],
    ['prefix length 33', '{"asn":1,"prefix":"10.0.0.0/33","maxLength":33}'],
    ['octet 256', '{"asn":1,"prefix":"10.0.256.0/24","maxLength":24}'],
    ['maxLength below the prefix', '{"asn":1,"prefix":"10.0.0.0/8","maxLength":7}'],
    ['maxLength 33', '{"asn":1,"prefix":"10.0.0.0/8","maxLength":33}'],
    ['maxLength with a fraction', '{"asn":1,"prefix":"10.0.0.0/8","maxLength":8.5}'],
    ['a type from the future', '{"type":"spl","asn":1,"prefix":"10.0.0.0/8","maxLength":8}'],
    ['a prefix of 5000 characters', `{"asn":1,"prefix":"${'1'.repeat(5000)}/8","maxLength":8}`],
  ])('%s', (_name, row) => {
    expect(snapshot(`{"roas":[${row},${good}]}`)).toEqual({ vrps: ['AS1 10.0.0.0/8-9'], aspas: [], bad: 1 });
  });

  test('without a maxLength it is the prefix length; a digit string will do', () => {
    const rows = '{"asn":"2","prefix":"10.0.0.0/8"},{"asn":"as3","prefix":"11.0.0.0/8","maxLength":"9"}';
    expect(snapshot(`{"roas":[${rows}]}`).vrps).toEqual(['AS2 10.0.0.0/8-8', 'AS3 11.0.0.0/8-9']);
  });
});

test.each([
  ['nothing', ''],
  ['not JSON', '<html>'],
  ['JSON of something else', '{"error":"Initial validation ongoing. Please wait."}'],
  ['a list', '[]'],
  ['two values', '{"roas":[]}{}'],
  ['a missing comma', '{"roas":[] "aspas":[]}'],
  ['a trailing comma', '{"roas":[],}'],
  ['a trailing comma in a list', '{"roas":[1,]}'],
  ['a bad number', '{"roas":[],"x":01}'],
  ['a bad word', '{"roas":[],"x":nul}'],
  ['a bad escape', '{"roas":[],"x":"\\x"}'],
  ['a raw line feed in a string', '{"roas":[],"x":"\n"}'],
  ['a mismatched bracket', '{"roas":[}'],
  ['40 levels', `{"roas":[],"x":${'['.repeat(40)}${']'.repeat(40)}}`],
  ['rows of which none can be read', '{"roas":[{"asn":"x"},{"asn":"y"}]}'],
])('%s is refused', (_name, text) => {
  expect(codeOf(text)).toBe('RPKI_BAD_JSON');
});

test('a body over the limit is refused', () => {
  const reader = new RpkiJsonReader(10);
  expect(() => reader.push(Buffer.from('{"roas":   [ ]}'))).toThrow(
    expect.objectContaining({ code: 'RPKI_TOO_LARGE' }),
  );
});

test('cut anywhere, it is refused', () => {
  const text = '{"roas":[{"asn":1,"prefix":"10.0.0.0/8","maxLength":9}],"x":[true,null,-1.5e3]}';
  for (let n = 0; n < text.length; n++) expect(codeOf(text.slice(0, n))).toBe('RPKI_BAD_JSON');
});

/** What a scanner says, as text. */
class Tape implements JsonHandler {
  out = '';
  objectStart(): void {
    this.out += '{';
  }
  objectEnd(): void {
    this.out += '}';
  }
  arrayStart(): void {
    this.out += '[';
  }
  arrayEnd(): void {
    this.out += ']';
  }
  key(bytes: Uint8Array, length: number): void {
    this.out += `k${Buffer.from(bytes.subarray(0, length)).toString('utf8')};`;
  }
  string(bytes: Uint8Array, length: number): void {
    this.out += `s${Buffer.from(bytes.subarray(0, length)).toString('utf8')};`;
  }
  number(bytes: Uint8Array, length: number): void {
    this.out += `n${Number(asciiText(bytes, length))};`;
  }
  literal(value: boolean | null): void {
    this.out += `w${value};`;
  }
}

function tape(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tape).join('')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([k, v]) => `k${k};${tape(v)}`)
      .join('')}}`;
  }
  if (typeof value === 'string') return `s${value};`;
  return typeof value === 'number' ? `n${value};` : `w${String(value)};`;
}

test('the scanner says what JSON.parse says, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      (value, piece, isEscaped) => {
        // A lone surrogate has no UTF-8; JSON.stringify escapes it, and the scanner makes it U+FFFD.
        const plain = JSON.stringify(value);
        const text = isEscaped
          ? plain.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
          : plain;
        const handler = new Tape();
        const scanner = new JsonScanner(handler, 1e6);
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; at += piece) scanner.push(bytes.subarray(at, at + piece));
        scanner.end();
        expect(handler.out).toBe(tape(JSON.parse(plain)));
      },
    ),
    { numRuns: 500 },
  );
});

test('anything at all ends in data or a code', () => {
  const parts = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"roas"',
    '"asn"',
    '"prefix"',
    '"10.0.0.0/8"',
    '1',
    '-',
    'true',
    '"\\u12',
    ' ',
    '"',
    '"aspas"',
    '"providers"',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (list, piece) => {
      expect(['fine', 'RPKI_BAD_JSON']).toContain(codeOf(`{"roas":[${list.join('')}`, piece));
    }),
    { numRuns: 3000 },
  );
});

const folder = `${process.env.ROUTESCOPE_DATA ?? '../shared/data'}/rpki/routinator-tests`;
describe.skipIf(!existsSync(folder))("Routinator's own outputs (skipped without the data folder)", () => {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.json(ext)?$/.test(name)) : [];
  // Digits: with route origins, router keys, ASPAs. The two rows of each kind are the same.
  test.each(files)('%s', (name) => {
    const { vrps, aspas, bad } = snapshot(readFileSync(`${folder}/${name}`, 'utf8'));
    const anchor = name.endsWith('ext') ? '' : ' N/A';
    expect(vrps).toEqual(name[0] === '1' ? [`AS1234 12.34.56.0/24-24${anchor}`] : []);
    expect(aspas).toEqual(name[2] === '1' ? ['1234: 1 2 3 4'] : []);
    expect(bad).toBe(0);
  });
  test('there are sixteen', () => expect(files).toHaveLength(16));
});

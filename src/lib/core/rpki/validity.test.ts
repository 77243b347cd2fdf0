import { expect, test } from 'vitest';
import { parsePrefix } from '../prefix/prefix.ts';
import { formatError, formatValidity, formatValidityList, readRoute, routeValidity } from './validity.ts';
import { VrpBuilder } from './vrp-set.ts';

function set() {
  const builder = new VrpBuilder();
  builder.add(parsePrefix('192.0.2.0/24'), 24, 65001);
  builder.add(parsePrefix('192.0.0.0/16'), 20, 65001);
  builder.add(parsePrefix('192.0.0.0/16'), 18, 65009);
  return builder.build();
}
const route = (asn: string, prefix: string) => readRoute(asn, prefix).route!;

// Recorded from Routinator 0.15.2 with the same VRPs (given by SLURM).
const RECORDED = `{
  "validated_route": {
    "route": {
      "origin_asn": "AS7",
      "prefix": "192.0.2.0/24"
    },
    "validity": {
      "state": "invalid",
      "reason": "as",
      "description": "At least one VRP Covers the Route Prefix, but no VRP ASN matches the route origin ASN",
      "VRPs": {
        "matched": [
        ],
        "unmatched_as": [
          {
            "asn": "AS65001",
            "prefix": "192.0.2.0/24",
            "max_length": "24"
          }
        ],
        "unmatched_length": [
          {
            "asn": "AS65009",
            "prefix": "192.0.0.0/16",
            "max_length": "18"
          },
          {
            "asn": "AS65001",
            "prefix": "192.0.0.0/16",
            "max_length": "20"
          }
        ]
      }
    }
  },
  "generatedTime": "2026-11-21T20:54:10Z"
}
`;

test('an answer is what Routinator writes, byte for byte', () => {
  expect(formatValidity(set(), route('7', '192.0.2.0/24'), 1795294450)).toBe(RECORDED);
});

test('the object form says the same', () => {
  const { validated_route } = JSON.parse(RECORDED) as { validated_route: unknown };
  expect(routeValidity(set(), route('AS7', '192.0.2.9/24'))).toEqual(validated_route);
});

test('lists, the empty one included', () => {
  expect(formatValidityList(set(), [], 0)).toBe(
    '{\n  "validated_routes": [\n\n  ],\n  "generatedTime": "1970-01-01T00:00:00Z"\n}\n',
  );
  const list = formatValidityList(set(), [route('1', '8.8.8.0/24'), route('65001', '192.0.2.0/25')], 0);
  const { validated_routes } = JSON.parse(list) as {
    validated_routes: { validity: { state: string; reason?: string } }[];
  };
  expect(validated_routes.map(({ validity }) => [validity.state, validity.reason])).toEqual([
    ['not-found', undefined],
    ['invalid', 'length'],
  ]);
});

test.each([
  ['ASx', '8.8.8.0/24', 'invalid ASN'],
  ['4294967296', '8.8.8.0/24', 'invalid ASN'],
  ['', '8.8.8.0/24', 'invalid ASN'],
  ['AS1', '8.8.8.8', 'invalid prefix'],
  ['AS1', '8.8.8.0/33', 'invalid prefix'],
  ['as1', '2001:db8::g/32', 'invalid prefix'],
])('%s %s: %s', (asn, prefix, error) => {
  expect(readRoute(asn, prefix).error).toBe(error);
});

test('errors are worded as Routinator words them', () => {
  expect(formatError('invalid ASN')).toBe('{\n   "error": "invalid ASN"\n}');
  expect(formatError('unexpected "x\\"')).toBe('{\n   "error": "unexpected \\"x\\\\\\""\n}');
});

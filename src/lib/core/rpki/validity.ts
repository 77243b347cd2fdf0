import type { PrefixKey } from '../prefix/prefix.ts';
import { formatPrefix, tryParsePrefix } from '../prefix/prefix.ts';
import type { RovEvidence } from './rov.ts';
import { explainOrigin } from './rov.ts';
import type { Vrp } from './vrp.ts';
import type { VrpSet } from './vrp-set.ts';

/**
 * The answers of Routinator's validity API, byte for byte as Routinator 0.15.2 writes them. One difference is wanted: a
 * route from AS 0 never matches (RFC 6811 §2), where Routinator calls it valid if there is a VRP for AS 0.
 */

export interface Route {
  readonly asn: number;
  readonly prefix: PrefixKey;
}

/** A list of routes longer than this is refused; Routinator bounds the request to 100,000 bytes instead. */
export const MAX_ROUTES = 10_000;

const DESCRIPTIONS = {
  valid: 'At least one VRP Matches the Route Prefix',
  as: 'At least one VRP Covers the Route Prefix, but no VRP ASN matches the route origin ASN',
  length:
    'At least one VRP Covers the Route Prefix, but the Route Prefix length is greater than the maximum length allowed by VRP(s) matching this route origin ASN',
  none: 'No VRP Covers the Route Prefix',
} as const;

/** `GET /api/v1/validity/{asn}/{prefix}` */
export function formatValidity(set: VrpSet, route: Route, generatedS: number): string {
  return `{\n  "validated_route": ${formatRoute(set, route, '  ')},\n  "generatedTime": "${isoTime(generatedS)}"\n}\n`;
}

/** `POST /validity` */
export function formatValidityList(set: VrpSet, routes: readonly Route[], generatedS: number): string {
  const list = routes.map((route) => `    ${formatRoute(set, route, '    ')}`).join(',\n');
  return `{\n  "validated_routes": [\n${list}\n  ],\n  "generatedTime": "${isoTime(generatedS)}"\n}\n`;
}

/** What Routinator takes for an ASN and a prefix in a request; null with the error it answers. */
export function readRoute(
  asn: string,
  prefix: string,
): { readonly route: Route; readonly error: null } | { readonly route: null; readonly error: string } {
  const digits = /^(?:AS)?(\d{1,10})$/i.exec(asn)?.[1];
  if (digits === undefined || Number(digits) > 0xffff_ffff) return { route: null, error: 'invalid ASN' };
  const key = prefix.includes('/') ? tryParsePrefix(prefix) : null;
  if (!key) return { route: null, error: 'invalid prefix' };
  return { route: { asn: Number(digits), prefix: key }, error: null };
}

/** Errors under `/api/` and of validity requests, as Routinator words them. */
export function formatError(error: string): string {
  return `{\n   "error": "${error.replace(/["\\]/g, '\\$&')}"\n}`;
}

/** `2026-11-21T20:54:10Z` */
export function isoTime(timeS: number): string {
  return `${new Date(timeS * 1000).toISOString().slice(0, 19)}Z`;
}

/** Verdict and VRPs of one route in the same shape, as an object; `validated_route` of the answer. */
export function routeValidity(set: VrpSet, { asn, prefix }: Route): Record<string, unknown> {
  const evidence = explainOrigin(set, prefix, asn);
  const list = (vrps: readonly Vrp[]): unknown[] =>
    vrps.map((vrp) => ({ asn: `AS${vrp.asn}`, prefix: vrp.prefix, max_length: String(vrp.maxLength) }));
  return {
    route: { origin_asn: `AS${asn}`, prefix: formatPrefix(prefix.isV6, prefix.bits, prefix.words) },
    validity: {
      state: evidence.state,
      ...(evidence.reason === null ? {} : { reason: evidence.reason }),
      description: describe(evidence),
      VRPs: {
        matched: list(evidence.matched),
        unmatched_as: list(evidence.unmatchedAs),
        unmatched_length: list(evidence.unmatchedLength),
      },
    },
  };
}

function formatRoute(set: VrpSet, { asn, prefix }: Route, indent: string): string {
  const evidence = explainOrigin(set, prefix, asn);
  const lines = [
    '{',
    '  "route": {',
    `    "origin_asn": "AS${asn}",`,
    `    "prefix": "${formatPrefix(prefix.isV6, prefix.bits, prefix.words)}"`,
    '  },',
    '  "validity": {',
    `    "state": "${evidence.state}",`,
    ...(evidence.reason === null ? [] : [`    "reason": "${evidence.reason}",`]),
    `    "description": "${describe(evidence)}",`,
    '    "VRPs": {',
    ...vrpList('matched', evidence.matched, ','),
    ...vrpList('unmatched_as', evidence.unmatchedAs, ','),
    ...vrpList('unmatched_length', evidence.unmatchedLength, ''),
    '    }',
    '  }',
    '}',
  ];
  return lines.join(`\n${indent}`);
}

function describe({ state, reason }: RovEvidence): string {
  if (state === 'valid') return DESCRIPTIONS.valid;
  return reason === 'as' || reason === 'length' ? DESCRIPTIONS[reason] : DESCRIPTIONS.none;
}

function vrpList(name: string, vrps: readonly Vrp[], end: string): string[] {
  const items = vrps.flatMap((vrp, i) => [
    '        {',
    `          "asn": "AS${vrp.asn}",`,
    `          "prefix": "${vrp.prefix}",`,
    `          "max_length": "${vrp.maxLength}"`,
    `        }${i === vrps.length - 1 ? '' : ','}`,
  ]);
  return [`      "${name}": [`, ...items, `      ]${end}`];
}

import { describe, expect, test } from 'vitest';
import { BmpCapture } from '../../src/lib/core/bmp/capture.ts';
import { BmpDecoder } from '../../src/lib/core/bmp/decoder.ts';
import type { ElemRow } from '../../src/lib/core/elem/row.ts';
import { elemRows } from '../../src/lib/core/elem/row.ts';
import { HAS_DATA, readData } from '../data.ts';

interface Nlri {
  readonly rd?: Record<string, Record<string, number | string>>;
  readonly network: string;
}

/** `rd network` of an entry of the expected decode; networks there keep their host bits out, as ours do. */
function keyOf({ rd, network }: Nlri): string {
  const parts = rd === undefined ? [] : Object.values(Object.values(rd)[0]!);
  return parts.length === 0 ? network : `${parts.join(':')}:${network}`;
}

/** Announced and withdrawn prefixes by family of one expected UPDATE; families that no elem carries are left out. */
function expectedOf(update: unknown): { announced: string[]; withdrawn: string[] } {
  const announced: string[] = [];
  const withdrawn: string[] = [];
  const isOurs = (family: string): boolean => /^Ipv[46](Unicast|MplsVpnUnicast)$/.test(family);
  const visit = (value: unknown): void => {
    if (value === null || typeof value !== 'object') return;
    for (const [name, member] of Object.entries(value)) {
      if ((name === 'MpReach' || name === 'MpUnreach') && member !== null && typeof member === 'object') {
        const into = name === 'MpReach' ? announced : withdrawn;
        for (const [family, field] of Object.entries(member as Record<string, { nlri?: Nlri[] }>)) {
          if (isOurs(family)) into.push(...(field.nlri ?? []).map(keyOf));
        }
      } else if (name === 'withdrawn_routes' && Array.isArray(member)) {
        withdrawn.push(...(member as Nlri[]).map(keyOf));
      } else if (name === 'nlri' && Array.isArray(member)) {
        announced.push(...(member as Nlri[]).map(keyOf));
      } else visit(member);
    }
  };
  visit(update);
  return { announced, withdrawn };
}

function decodeCapture(path: string): { rows: ElemRow[]; damage: string[] } {
  const rows: ElemRow[] = [];
  const damage: string[] = [];
  const capture = new BmpCapture({ onDamage: (code) => damage.push(code) }, (batch) =>
    rows.push(...elemRows(batch)),
  );
  capture.push(readData(path));
  capture.end();
  return { rows, damage };
}

const nameOf = ({ prefix }: ElemRow): string => prefix!;

describe.skipIf(!HAS_DATA)(
  'routes of a capture are those of an independent decoder (needs ROUTESCOPE_DATA)',
  () => {
    test.each([
      [
        'VPNv4 over version 4 TLVs',
        'netgauze/bmp_vpnv4-stateless-with-withdraw_vpnv4-stateless-with-withdraw',
        '-bmp.json',
      ],
      ['VPNv4, VPNv6 and EVPN', 'netgauze/bmp_evpn_evpn', '-bmp.json'],
      ['peers with different capabilities', 'netgauze/bmp_peers-with-different-caps_example', '-bmp.json'],
      ['peers of routing instances', 'pmacct/201-BMP-CISCO-rd_instance__traffic-00', '-bmp.json.gz'],
      [
        'Loc-RIB, IPv6, routes of VRFs',
        'pmacct/403-IPFIXv10-BMP-IPv6-CISCO-locrib-peerdown-vrf__traffic-00',
        '-bmp.json.gz',
      ],
    ])('%s', (_name, path, suffix) => {
      const { rows, damage } = decodeCapture(`bmp/${path}.pcap`);
      const announced: string[] = [];
      const withdrawn: string[] = [];
      for (const line of Buffer.from(readData(`bmp/${path}${suffix}`))
        .toString()
        .split('\n')
        .filter(Boolean)) {
        const message = JSON.parse(line) as Record<string, { RouteMonitoring?: unknown }>;
        const routes = Object.values(message)[0]!.RouteMonitoring;
        if (routes === undefined) continue;
        const expected = expectedOf(routes);
        announced.push(...expected.announced);
        withdrawn.push(...expected.withdrawn);
      }
      expect(announced.length + withdrawn.length).toBeGreaterThan(10);
      expect(
        rows
          .filter(({ kind }) => kind === 'announce')
          .map(nameOf)
          .sort(),
      ).toEqual(announced.sort());
      expect(
        rows
          .filter(({ kind }) => kind === 'withdraw')
          .map(nameOf)
          .sort(),
      ).toEqual(withdrawn.sort());
      expect(damage).toEqual([]);
    });

    test('plain routes without a next hop are routes, and a malformed path is a withdrawal (RFC 7606)', () => {
      const { rows } = decodeCapture('bmp/pmacct/205-BMP-6wind-FRR-peer_down__traffic-00.pcap');
      const count = (kind: string): number => rows.filter((row) => row.kind === kind).length;
      // 142 plain + 136 VPNv4 + 45 VPNv6 announced, 48 + 66 withdrawn, and 2 with an AS_PATH of the wrong width.
      expect([count('announce'), count('withdraw')]).toEqual([323, 116]);
    });

    test('path identifiers in one view of a peer and not in the others', () => {
      const rows: ElemRow[] = [];
      const decoder = new BmpDecoder({}, (batch) => rows.push(...elemRows(batch)));
      decoder.push(readData('bmp/captures/gobgp-A.bmp'));
      decoder.end();
      expect(decoder.stats).toMatchObject({
        messages: 174,
        routeMonitoring: 133,
        statistics: 31,
        peerUp: 6,
        peerDown: 2,
      });
      expect(rows.some(({ prefix }) => prefix === '0.0.0.0/0')).toBe(false);
      const gone = rows.filter(({ kind, prefix }) => kind === 'withdraw' && prefix === '198.51.100.0/24');
      expect(gone.map(({ collector, pathId }) => [collector, pathId ?? null])).toEqual([
        ['GoBGP', 1],
        ['GoBGP:post-policy', null],
        ['GoBGP:loc-rib', null],
      ]);
    });

    test('many routers in one capture, which begins and ends inside their sessions', () => {
      const { rows, damage } = decodeCapture(
        'bmp/pmacct/208-BMP-mem-leak-test__bmp-multi-sources-route-monitoring.pcap',
      );
      expect(rows.length).toBe(7930);
      expect(damage).toEqual([]);
    });
  },
);

import { describe, expect, test } from 'vitest';
import { formatBgpdump } from '../../src/lib/core/elem/bgpdump.ts';
import type { ElemRow } from '../../src/lib/core/elem/row.ts';
import { elemRows } from '../../src/lib/core/elem/row.ts';
import type { MrtStats } from '../../src/lib/core/mrt/stats.ts';
import { MrtDecoder } from '../../src/lib/core/mrt/decoder.ts';
import { HAS_DATA, readData } from '../data.ts';

/** Decode a whole file, multicast included, as bgpdump does. */
function decodeFile(path: string, onRow: (row: ElemRow) => void): MrtStats {
  const decoder = new MrtDecoder({ collector: 'test', multicast: true }, (batch) =>
    elemRows(batch).forEach(onRow),
  );
  decoder.push(readData(path));
  decoder.end();
  return decoder.stats;
}

describe.skipIf(!HAS_DATA)('bgpdump -m, line for line (needs ROUTESCOPE_DATA)', () => {
  test.each([
    ['TABLE_DUMP', 'bview.20020722.2337.gz', 115_521],
    ['TABLE_DUMP_V2 with path identifiers', 'bview.ipv4_unicast_add_path.gz', 62],
    ['BGP4MP, two-octet ASNs, state changes', 'updates.20020722.2238.gz', 3_337],
    ['AS4_PATH merging', 'updates.20071015.1505.gz', 10_496],
    ['MESSAGE_AS4, IPv6', 'updates.20100722.2015.gz', 5_654],
    ['BGP4MP_ET', 'updates.et-header.2015.gz', 577_744],
    ['one message of 36,864 bytes', 'updates.long_withdrawal.gz', 4_096],
  ])('%s: %s', (_name, file, lines) => {
    const want = Buffer.from(readData(`mrt/bgpdump/${file}.expect.gz`)).toString();
    const got: string[] = [];
    decodeFile(`mrt/bgpdump/${file}`, (row) => got.push(formatBgpdump(row)));
    const wantLines = want.trimEnd().split('\n');
    expect(got.length).toBe(lines);
    expect(got.findIndex((line, i) => line !== wantLines[i])).toBe(-1);
    expect(wantLines.length).toBe(lines);
  });
});

/**
 * Elems as Debian's bgpdump 1.6.2 counts them (`bgpdump -m FILE | wc -l`). `vpn` elems come on top: bgpdump drops SAFI 128
 * silently, in updates and in RIB_GENERIC alike.
 */
const COUNTS: readonly (readonly [file: string, bgpdump: number, vpn: number])[] = [
  ['mrt/parsers/bgpipe-sample-20220119.mrt', 816, 0],
  ['mrt/parsers/bird-mrtdump_bgp', 24, 0],
  ['mrt/parsers/bird-mrtdump_rib', 18, 0],
  ['mrt/parsers/bird6-mrtdump_bgp', 24, 0],
  ['mrt/parsers/bird6-mrtdump_rib', 10, 0],
  ['mrt/parsers/quagga_bgp', 38, 16],
  ['mrt/parsers/quagga_rib', 9, 0],
  ['mrt/parsers/ris.rrc06.updates.1401488100.gz', 3_833, 0],
  ['mrt/parsers/routeviews.route-views.jinx.updates.1401493500.bz2', 1_354, 0],
  ['mrt/parsers/updates.20000102.2014.gz', 6_359, 0],
  ['mrt/parsers/updates.20100227.1600.gz', 53_806, 0],
  ['mrt/parsers/updates.20100227.1610.gz', 7_485, 0],
  ['mrt/parsers/updates.example.bz2', 137_244, 0],
  ['mrt/rib/routeviews.route-views.jinx.ribs.1401487200.bz2', 503_590, 0],
  ['bmp/captures/bird-table-master4.mrt', 8, 0],
  ['bmp/captures/gobgp-updates.mrt', 20, 20],
  ['bmp/captures/gobgp-table.mrt', 16, 20],
];

describe.skipIf(!HAS_DATA)('elem counts of an independent reader (needs ROUTESCOPE_DATA)', () => {
  test.each(COUNTS)('%s: %i, and %i VPN', (file, bgpdump, vpn) => {
    const counts = { plain: 0, vpn: 0 };
    const stats = decodeFile(file, (row) => counts[row.table?.startsWith('vpn') ? 'vpn' : 'plain']++);
    expect(counts).toEqual({ plain: bgpdump, vpn });
    expect(stats).toMatchObject({ damaged: 0, unsupported: 0, elems: bgpdump + vpn });
  });

  test('multicast routes are left out and counted unless asked for', () => {
    let elems = 0;
    const decoder = new MrtDecoder({ collector: 'test' }, (batch) => (elems += batch.length));
    decoder.push(readData('mrt/parsers/updates.example.bz2'));
    decoder.end();
    expect(elems).toBe(136_880);
    expect([...decoder.stats.update.unsupportedFamilies]).toEqual([[0x0102, 237]]);
  });

  test('records cut by the writer’s 4,096 byte buffer keep their whole entries, as bgpdump has them', () => {
    let elems = 0;
    const stats = decodeFile('mrt/youtube-pakistan-20080224/updates.20080224.0455.bz2', () => elems++);
    expect(elems).toBe(87_833);
    expect([stats.update.cutMessages, stats.damaged]).toEqual([2, 0]);
  });
});

describe.skipIf(!HAS_DATA)('VPN routes of GoBGP, ExaBGP, FRR and BIRD (needs ROUTESCOPE_DATA)', () => {
  const vpnRows = (file: string): ElemRow[] => {
    const rows: ElemRow[] = [];
    decodeFile(file, (row) => void (row.table?.startsWith('vpn') && rows.push(row)));
    return rows;
  };
  const key = (row: ElemRow): string => `${row.kind} ${row.peerAsn} ${row.prefix}`;

  test.each([
    ['announce 65004 65004:100:10.5.0.0/16', [5100], ['rt:65004:100', 'rt:65004:200'], '10.255.0.5'],
    ['announce 65004 10.255.0.5:7:10.5.64.0/20', [5300], ['rt:2815:327687'], '10.255.0.5'],
    ['announce 65004 65004:100:2001:db8:e100::/48', [5101], ['rt:65004:100'], '2001:db8:ffff::5'],
    ['announce 65003 65003:100:10.4.0.0/16', [3], ['rt:65003:100'], '10.255.0.4'],
    ['announce 65002 65002:100:2001:db8:c100::/48', [3101], ['rt:65002:100'], '2001:db8:ffff::3'],
    ['announce 65001 10.255.0.2:1:172.16.5.4/30', [1102], ['rt:65535:7'], '10.255.0.2'],
  ])('update: %s', (name, labels, extCommunities, nextHop) => {
    const row = vpnRows('bmp/captures/gobgp-updates.mrt').find((item) => key(item) === name);
    expect(row).toMatchObject({ labels, extCommunities, nextHop });
  });

  test('a changed label and route target is an announcement of the same key', () => {
    const rows = vpnRows('bmp/captures/gobgp-updates.mrt');
    const same = rows.filter((row) => key(row) === 'announce 65001 65001:100:10.1.0.0/16');
    expect(same.map((row) => [row.labels, row.extCommunities])).toEqual([
      [[1100], ['rt:65001:100']],
      [[1199], ['rt:65001:100', 'rt:65001:300']],
    ]);
  });

  test('withdrawals carry the key and no label', () => {
    const rows = vpnRows('bmp/captures/gobgp-updates.mrt').filter((row) => row.kind === 'withdraw');
    expect(rows.map(key)).toEqual([
      'withdraw 65001 65001:200:10.1.0.0/16',
      'withdraw 65001 65001:100:2001:db8:b100::/48',
      'withdraw 65002 65002:100:10.3.0.0/16',
    ]);
    expect(rows.some((row) => 'labels' in row)).toBe(false);
  });

  test('RIB_GENERIC', () => {
    const rows = vpnRows('bmp/captures/gobgp-table.mrt');
    expect(rows[0]).toMatchObject({
      kind: 'rib',
      table: 'vpnv4',
      prefix: '65004:100:10.5.0.0/16',
      labels: [5100],
      extCommunities: ['rt:65004:100', 'rt:65004:200'],
      nextHop: '10.255.0.5',
      path: '65004',
    });
    expect(rows.filter((row) => row.table === 'vpnv6').map((row) => row.prefix)).toContain(
      '65002:100:2001:db8:c100::/48',
    );
  });
});

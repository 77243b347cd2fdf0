import { BgpError } from '../../src/lib/core/error.ts';
import { parsePrefix } from '../../src/lib/core/prefix/prefix.ts';
import { aspaSetOf } from '../../src/lib/core/rpki/aspa-set.ts';
import { advance, decodeCompact, encodeDelta, encodeSnapshot } from '../../src/lib/core/rpki/compact.ts';
import type { RpkiData } from '../../src/lib/core/rpki/data.ts';
import { diffRpki, rpkiDigest } from '../../src/lib/core/rpki/data.ts';
import { RpkiJsonReader } from '../../src/lib/core/rpki/json-reader.ts';
import { eachVrp, VrpBuilder } from '../../src/lib/core/rpki/vrp-set.ts';
import { crc32 } from '../../src/lib/core/wire/crc32.ts';
import type { FuzzTarget, Random } from './harness.ts';

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const JSON_SEEDS = [
  text({
    metadata: { generated: 1685455841, generatedTime: '2023-05-30T14:10:41Z' },
    roas: [
      { asn: 'AS196615', prefix: '93.175.147.0/24', maxLength: 24, ta: 'ripe' },
      { asn: 0, prefix: '2001:db8::/32', maxLength: 48, ta: 'arin', expires: 1 },
    ],
    routerKeys: [{ asn: 'AS211321', SKI: '17', routerPublicKey: 'MFkw', ta: 'ripe' }],
    aspas: [{ customer: 'AS1234', providers: ['AS1', 'AS2'], ta: 'ripe' }],
  }),
  text({
    reset: false,
    session: '18446744073709551615',
    serial: 7,
    fromSerial: 5,
    announced: [
      { type: 'routeOrigin', asn: 'AS1', prefix: '10.0.0.0/8', maxLength: 8 },
      { type: 'aspa', customerAsn: 'AS1', providerAsns: ['AS2'] },
    ],
    withdrawn: [{ type: 'routeOrigin', asn: 'AS4', prefix: '::/0', maxLength: 0 }],
  }),
  text({
    metadata: { buildtime: '2023-07-27T18:56:02Z' },
    roas: [],
    provider_authorizations: { ipv4: [{ customer_asid: 1, providers: [2, 3] }], ipv6: [] },
  }),
];

/** Validators' JSON: the outcome is data or a code, and does not depend on how the bytes are cut. */
export class RpkiJsonTarget implements FuzzTarget {
  readonly name = 'rpki-json';
  readonly seeds = JSON_SEEDS;
  #read = 0;
  #refused = 0;

  run(input: Uint8Array, random: Random): void {
    const whole = this.#outcome(input, () => input.length);
    const cut = this.#outcome(input, () => 1 + random.below(9));
    // A refusal names the place, which depends on the cutting; what it is does not.
    if (whole !== cut) throw new Error(`read whole: ${whole}; read in pieces: ${cut}`);
  }

  #outcome(input: Uint8Array, pieceBytes: () => number): string {
    const reader = new RpkiJsonReader();
    try {
      for (let at = 0; at < input.length;) {
        const bytes = Math.max(1, pieceBytes());
        reader.push(input.subarray(at, at + bytes));
        at += bytes;
      }
      const { vrps, aspas } = reader.endSnapshot();
      for (const { prefix, maxLength } of eachVrp(vrps)) {
        if (maxLength < parsePrefix(prefix).bits) throw new Error(`${prefix}-${maxLength}`);
      }
      this.#read++;
      return `${rpkiDigest({ vrps, aspas })} ${JSON.stringify(reader.facts())}`;
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#refused++;
      return error.code;
    }
  }

  summary(): string {
    return `${this.#read} read, ${this.#refused} refused`;
  }
}

function data(serial: number, asns: readonly number[]): RpkiData {
  const builder = new VrpBuilder();
  for (const asn of asns) {
    builder.add(parsePrefix(`10.${asn % 256}.0.0/16`), 16 + (asn % 9), asn, builder.trustAnchor('ripe'));
    builder.add(parsePrefix(`2001:db8:${asn.toString(16)}::/${40 + (asn % 60)}`), 128, asn);
  }
  const aspas = aspaSetOf(asns.map((asn) => ({ customer: asn, providers: [asn + 1, asn * 2] })));
  return { version: { session: '7', serial, generatedS: 100 }, vrps: builder.build(), aspas };
}

const BASE = data(1, [1, 2, 300, 40_000]);
const NEXT = data(2, [2, 300, 5]);

/** Compact snapshots and deltas behind a checksum that is always right: what is taken must be what a writer writes. */
export class RpkiCompactTarget implements FuzzTarget {
  readonly name = 'rpki-compact';
  readonly seeds = [encodeSnapshot(BASE), encodeDelta(diffRpki(BASE, NEXT), BASE.version, NEXT)];
  #taken = 0;
  #refused = 0;

  run(input: Uint8Array): void {
    const bytes = input.slice();
    if (bytes.length > 4) {
      new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, bytes.length - 4)));
    }
    try {
      const compact = decodeCompact(bytes);
      if (compact.kind === 'delta') advance(BASE, compact);
      else this.#checkSnapshot(compact.data);
      this.#taken++;
    } catch (error) {
      if (!(error instanceof BgpError)) throw error;
      this.#refused++;
    }
  }

  #checkSnapshot(taken: RpkiData): void {
    const again = decodeCompact(encodeSnapshot(taken));
    if (again.kind !== 'snapshot' || rpkiDigest(again.data) !== rpkiDigest(taken)) {
      throw new Error('what was taken cannot be written and read again');
    }
  }

  summary(): string {
    return `${this.#taken} taken, ${this.#refused} refused`;
  }
}

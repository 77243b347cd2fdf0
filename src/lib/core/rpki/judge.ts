import type { ElemBatch } from '../elem/batch.ts';
import { KIND, NONE, SEGMENT, TABLE } from '../elem/batch.ts';
import type { AspaCode } from './aspa.ts';
import { ASPA, verifyPath } from './aspa.ts';
import type { RpkiData } from './data.ts';
import type { RovCode } from './rov.ts';
import { NO_ORIGIN, ROV, STALE_S, validateOrigin } from './rov.ts';

/** Verdicts on a batch, one entry per elem; valid until the judge's next batch. */
export interface BatchVerdicts {
  /** `RovCode` */
  readonly rov: Uint8Array;
  /** `AspaCode` */
  readonly aspa: Uint8Array;
}

const UNSET = 255;

/**
 * Judges the announcements (and table-dump entries) of batches against one version of the RPKI data. Within a batch each
 * path is judged once, and each prefix once for as long as its origin stays the same. Withdrawals, state changes and VPN
 * prefixes, which are nobody's public address space, get `none`.
 */
export class RpkiJudge {
  #data: RpkiData | null = null;
  #staleUs = Infinity;
  #rov = new Uint8Array(1024);
  #aspa = new Uint8Array(1024);
  /** Per path: verdict and origin. */
  #pathVerdict = new Uint8Array(1024);
  #pathOrigin = new Uint32Array(1024);
  /** Per prefix: the origin judged last and what came of it. */
  #prefixOrigin = new Uint32Array(1024);
  #prefixVerdict = new Uint8Array(1024);

  /** Judge with `data` from now on; null when there is none. */
  setData(data: RpkiData | null): void {
    this.#data = data;
    const generatedS = data?.version.generatedS ?? 0;
    this.#staleUs = generatedS > 0 ? (generatedS + STALE_S) * 1e6 : Infinity;
  }

  get data(): RpkiData | null {
    return this.#data;
  }

  judge(batch: ElemBatch): BatchVerdicts {
    this.#reserve(batch);
    const { length, timeUs, kind, attrs, prefix } = batch;
    for (let i = 0; i < length; i++) {
      const isRoute = (kind[i] === KIND.announce || kind[i] === KIND.rib) && attrs[i] !== NONE;
      if (!isRoute || batch.prefixes.table[prefix[i]!]! > TABLE.ipv6) {
        this.#rov[i] = ROV.none;
        this.#aspa[i] = ASPA.none;
      } else if (!this.#data) {
        this.#rov[i] = ROV.noData;
        this.#aspa[i] = ASPA.noData;
      } else if (timeUs[i]! > this.#staleUs) {
        this.#rov[i] = ROV.stale;
        this.#aspa[i] = ASPA.stale;
      } else {
        const path = batch.attrSets.path[attrs[i]!]!;
        this.#aspa[i] = this.#judgePath(this.#data, batch, path);
        const isOwn = batch.paths.offsets[path] === batch.paths.offsets[path + 1];
        // An empty path is the vantage's own route (RFC 6811 §2: the origin is the local AS).
        const origin = isOwn ? batch.vantages.asn[batch.vantage[i]!]! : this.#pathOrigin[path]!;
        this.#rov[i] = this.#judgeOrigin(this.#data, batch, prefix[i]!, origin);
      }
    }
    return { rov: this.#rov.subarray(0, length), aspa: this.#aspa.subarray(0, length) };
  }

  #judgePath(data: RpkiData, batch: ElemBatch, path: number): AspaCode {
    const known = this.#pathVerdict[path]!;
    if (known !== UNSET) return known as AspaCode;
    this.#pathOrigin[path] = originOf(batch, path);
    const verdict = data.aspas.length === 0 ? ASPA.noData : verifyPath(data.aspas, batch.paths, path);
    this.#pathVerdict[path] = verdict;
    return verdict;
  }

  #judgeOrigin(data: RpkiData, batch: ElemBatch, prefix: number, origin: number): RovCode {
    const known = this.#prefixVerdict[prefix]!;
    if (known !== UNSET && this.#prefixOrigin[prefix] === origin) return known as RovCode;
    const { table, bits, words } = batch.prefixes;
    const isV6 = table[prefix] === TABLE.ipv6;
    const verdict = validateOrigin(data.vrps, isV6, bits[prefix]!, words, prefix * 4, origin);
    this.#prefixOrigin[prefix] = origin;
    this.#prefixVerdict[prefix] = verdict;
    return verdict;
  }

  #reserve(batch: ElemBatch): void {
    if (batch.length > this.#rov.length) {
      this.#rov = new Uint8Array(batch.length * 2);
      this.#aspa = new Uint8Array(batch.length * 2);
    }
    if (batch.paths.length > this.#pathVerdict.length) {
      this.#pathVerdict = new Uint8Array(batch.paths.length * 2);
      this.#pathOrigin = new Uint32Array(batch.paths.length * 2);
    }
    if (batch.prefixes.length > this.#prefixVerdict.length) {
      this.#prefixVerdict = new Uint8Array(batch.prefixes.length * 2);
      this.#prefixOrigin = new Uint32Array(batch.prefixes.length * 2);
    }
    this.#pathVerdict.fill(UNSET, 0, batch.paths.length);
    this.#prefixVerdict.fill(UNSET, 0, batch.prefixes.length);
  }
}

/** The last ASN of a path that ends in an AS_SEQUENCE, else `NO_ORIGIN` (RFC 6811 §2). */
function originOf(batch: ElemBatch, path: number): number {
  const { words, offsets } = batch.paths;
  const end = offsets[path + 1]!;
  let origin: number = NO_ORIGIN;
  for (let at = offsets[path]!; at < end;) {
    const header = words[at]!;
    at += 1 + (header & 0xff);
    if ((header & 0xff) > 0) origin = header >>> 8 === SEGMENT.sequence ? words[at - 1]! : NO_ORIGIN;
  }
  return origin;
}

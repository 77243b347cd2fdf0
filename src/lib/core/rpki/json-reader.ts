import { BgpError } from '../error.ts';
import type { Aspa } from './aspa-set.ts';
import { aspaSetOf } from './aspa-set.ts';
import { MAX_ASPAS, MAX_PROVIDERS } from './compact.ts';
import type { RpkiData, RpkiDelta } from './data.ts';
import type { JsonHandler } from './json-scanner.ts';
import { asciiText, JsonScanner, readDigits } from './json-scanner.ts';
import { RowReader } from './json-row.ts';
import type { ListedVrp } from './vrp.ts';
import { VrpBuilder } from './vrp-set.ts';

/**
 * Reads the JSON of validators as it arrives: Routinator's `/json`, `/jsonext` and `/json-delta`, and rpki-client's file with everything that
 * follows its shape (StayRTR, the console and export services), and BGPalerter's bare list of VRPs. Members and rows nobody asked for are passed over; a row
 * that is no VRP or ASPA is counted and left out.
 */

/** Largest body taken; rpki-client's was 105 MB in September 2026. */
export const MAX_JSON_BYTES = 1024 * 1024 * 1024;
/** Most VRPs taken from one body; there were 1.0 million in September 2026. */
export const MAX_VRPS = 8_000_000;

/** What the body said about itself; null where it said nothing. */
export interface JsonFacts {
  /** Decimal digits: a number of 64 bits, which JavaScript's own would round. */
  readonly session: string | null;
  readonly serial: number | null;
  readonly fromSerial: number | null;
  readonly isReset: boolean;
  /** Unix seconds. */
  readonly generatedS: number | null;
  /** Rows that could not be read. */
  readonly badRows: number;
}

const SECTION = { other: 0, metadata: 1, announced: 2, withdrawn: 3, aspas: 4, oldAspas: 5 };
const SECTIONS: Readonly<Record<string, number>> = {
  metadata: SECTION.metadata,
  roas: SECTION.announced,
  announced: SECTION.announced,
  withdrawn: SECTION.withdrawn,
  aspas: SECTION.aspas,
  provider_authorizations: SECTION.oldAspas,
};
/** Depth of the members of the root object and of the objects in its lists. */
const ROOT = 1;
const MEMBER = 2;
const ROW = 3;
/** rpki-client's older ASPAs are in a list per address family: one deeper. */
const OLD_ROW = 4;

export class RpkiJsonReader implements JsonHandler {
  readonly #scanner: JsonScanner;
  readonly #onVrp: ((vrp: ListedVrp) => void) | null;
  readonly #row = new RowReader();
  readonly #announced = new VrpBuilder();
  readonly #withdrawn = new VrpBuilder();
  readonly #aspas: Aspa[] = [];
  readonly #aspasWithdrawn: number[] = [];
  #providers = 0;
  #depth = 0;
  #section = SECTION.other;
  #member = '';
  #sections = 0;
  /** Depth of the objects in lists: one less when the whole body is a list. */
  #rowDepth = ROW;
  #facts = { session: '', serial: -1, fromSerial: -1, isReset: false, generatedS: -1, badRows: 0 };

  /**
   * @param onVrp told about each VRP as it is read, withdrawn ones apart, with when it expires where the body says: for
   *   those who want more of a few VRPs than sets keep of all
   */
  constructor(maxBytes = MAX_JSON_BYTES, onVrp: ((vrp: ListedVrp) => void) | null = null) {
    this.#scanner = new JsonScanner(this, maxBytes);
    this.#onVrp = onVrp;
  }

  get readBytes(): number {
    return this.#scanner.readBytes;
  }

  /** VRPs read so far. */
  get length(): number {
    return this.#announced.length + this.#withdrawn.length;
  }

  /** @throws {BgpError} RPKI_BAD_JSON, RPKI_TOO_LARGE */
  push(bytes: Uint8Array): void {
    this.#scanner.push(bytes);
  }

  facts(): JsonFacts {
    const { session, serial, fromSerial, isReset, generatedS, badRows } = this.#facts;
    return {
      session: session === '' ? null : session,
      serial: serial === -1 ? null : serial,
      fromSerial: fromSerial === -1 ? null : fromSerial,
      isReset,
      generatedS: generatedS === -1 ? null : generatedS,
      badRows,
    };
  }

  /** The body as a whole set. @throws {BgpError} RPKI_BAD_JSON */
  endSnapshot(): Pick<RpkiData, 'vrps' | 'aspas'> {
    this.#end();
    return { vrps: this.#announced.build(), aspas: aspaSetOf(this.#aspas) };
  }

  /** The body as a difference. @throws {BgpError} RPKI_BAD_JSON */
  endDelta(): RpkiDelta {
    this.#end();
    return {
      vrps: { announced: this.#announced.build(), withdrawn: this.#withdrawn.build() },
      aspas: { announced: this.#aspas, withdrawn: this.#aspasWithdrawn },
    };
  }

  #end(): void {
    this.#scanner.end();
    // An HTML page or an error object from the wrong address must not pass for "no VRPs any more".
    if (this.#sections === 0 && this.length === 0)
      throw new BgpError('RPKI_BAD_JSON', 'neither VRPs nor metadata in it');
    const { badRows } = this.#facts;
    if (badRows > 0 && this.length === 0) {
      throw new BgpError('RPKI_BAD_JSON', `none of ${badRows} rows can be read`);
    }
  }

  get #isRow(): boolean {
    return this.#depth === (this.#section === SECTION.oldAspas ? OLD_ROW : this.#rowDepth);
  }

  objectStart(): void {
    this.#depth++;
    if (this.#section !== SECTION.other && this.#isRow) this.#row.start();
  }

  objectEnd(): void {
    if (this.#section > SECTION.metadata && this.#isRow) this.#endRow();
    this.#depth--;
  }

  arrayStart(): void {
    if (this.#depth++ > 0) return;
    this.#section = SECTION.announced;
    this.#rowDepth = MEMBER;
  }

  arrayEnd(): void {
    this.#depth--;
  }

  key(bytes: Uint8Array, length: number): void {
    if (this.#section !== SECTION.other && this.#isRow) this.#row.key(bytes, length);
    else if (this.#depth === ROOT) {
      this.#member = asciiText(bytes, Math.min(length, 40));
      this.#section = SECTIONS[this.#member] ?? SECTION.other;
      if (this.#section !== SECTION.other) this.#sections++;
    } else if (this.#depth === MEMBER) {
      this.#member = asciiText(bytes, Math.min(length, 40));
    }
  }

  string(bytes: Uint8Array, length: number): void {
    if (this.#section > SECTION.metadata) this.#rowValue(bytes, length);
    else this.#fact(bytes, length);
  }

  number(bytes: Uint8Array, length: number): void {
    if (this.#section > SECTION.metadata) this.#rowValue(bytes, length);
    else this.#fact(bytes, length);
  }

  literal(value: boolean | null): void {
    if (this.#depth === ROOT && this.#member === 'reset') this.#facts.isReset = value === true;
  }

  #rowValue(bytes: Uint8Array, length: number): void {
    const row = this.#section === SECTION.oldAspas ? OLD_ROW : this.#rowDepth;
    if (this.#depth === row) this.#row.value(bytes, length);
    else if (this.#depth === row + 1) this.#row.item(bytes, length);
  }

  #fact(bytes: Uint8Array, length: number): void {
    const isRoot = this.#depth === ROOT;
    if (!isRoot && !(this.#depth === MEMBER && this.#section === SECTION.metadata)) return;
    const digits = readDigits(bytes, length);
    if (this.#member === 'generated' && digits !== -1) this.#facts.generatedS = digits;
    else if (this.#member === 'generatedTime' || this.#member === 'buildtime') {
      const timeMs = Date.parse(asciiText(bytes, Math.min(length, 40)));
      if (!Number.isNaN(timeMs)) this.#facts.generatedS = Math.floor(timeMs / 1000);
    } else if (isRoot && this.#member === 'serial') this.#facts.serial = digits;
    else if (isRoot && this.#member === 'fromSerial') this.#facts.fromSerial = digits;
    else if (isRoot && this.#member === 'session') {
      const text = asciiText(bytes, Math.min(length, 40));
      if (/^\d{1,20}$/.test(text)) this.#facts.session = text;
    }
  }

  #endRow(): void {
    const { kind } = this.#row;
    if (kind === 'routerKey') return;
    if (kind === 'aspa' || this.#section === SECTION.aspas || this.#section === SECTION.oldAspas) {
      this.#endAspa();
      return;
    }
    const builder = this.#section === SECTION.withdrawn ? this.#withdrawn : this.#announced;
    if (this.length >= MAX_VRPS) throw new BgpError('RPKI_TOO_LARGE', `over ${MAX_VRPS} VRPs`);
    if (!this.#row.addVrp(builder)) this.#facts.badRows++;
    else if (builder === this.#announced) this.#onVrp?.(this.#row.listed());
  }

  #endAspa(): void {
    const aspa = this.#row.aspa();
    if (!aspa) {
      this.#facts.badRows++;
      return;
    }
    this.#providers += aspa.providers.length;
    if (this.#providers > MAX_PROVIDERS || this.#aspas.length + this.#aspasWithdrawn.length >= MAX_ASPAS) {
      throw new BgpError('RPKI_TOO_LARGE', `over ${MAX_ASPAS} ASPAs or ${MAX_PROVIDERS} providers`);
    }
    if (this.#section === SECTION.withdrawn) this.#aspasWithdrawn.push(aspa.customer);
    else this.#aspas.push(aspa);
  }
}

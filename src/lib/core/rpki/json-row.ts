import { maskWord, tryParsePrefix } from '../prefix/prefix.ts';
import type { Aspa } from './aspa-set.ts';
import { asciiText, readDigits } from './json-scanner.ts';
import type { ListedVrp } from './vrp.ts';
import type { VrpBuilder } from './vrp-set.ts';

/** Fields of a VRP, ASPA or router key object, in every spelling validators use. */
const FIELD = {
  other: 0,
  asn: 1,
  prefix: 2,
  maxLength: 3,
  trustAnchor: 4,
  type: 5,
  customer: 6,
  providers: 7,
  key: 8,
  expires: 9,
};
const FIELDS: Readonly<Record<string, number>> = {
  asn: FIELD.asn,
  prefix: FIELD.prefix,
  maxLength: FIELD.maxLength,
  ta: FIELD.trustAnchor,
  type: FIELD.type,
  expires: FIELD.expires,
  customer: FIELD.customer,
  customerAsn: FIELD.customer,
  customer_asid: FIELD.customer,
  providers: FIELD.providers,
  providerAsns: FIELD.providers,
  SKI: FIELD.key,
  keyIdentifier: FIELD.key,
};

const MAX_ASN = 0xffff_ffff;
/** Longest prefix text: 39 characters of IPv6 (45 with embedded IPv4) and `/128`. */
const MAX_PREFIX_BYTES = 49;
const MAX_TRUST_ANCHOR_BYTES = 64;

type RowKind = 'vrp' | 'routerKey' | 'aspa';

/** Collects the fields of one row; nothing is allocated for an IPv4 VRP. */
export class RowReader {
  kind: RowKind = 'vrp';
  #field = FIELD.other;
  #asn = -1;
  #customer = -1;
  #maxLength = -1;
  #expiresS = -1;
  #providers: number[] | null = null;
  #isBad = false;
  /** -1 without a prefix. */
  #bits = -1;
  #isV6 = false;
  readonly #words: [number, number, number, number] = [0, 0, 0, 0];
  #anchorLength = 0;
  readonly #anchor = new Uint8Array(MAX_TRUST_ANCHOR_BYTES);
  /** Names met so far with their numbers, by builder: the number of a name is asked for once. */
  #anchors: { readonly name: Uint8Array; readonly number: number }[] = [];
  #anchorsOf: VrpBuilder | null = null;
  /** Keys met so far, in the order they come in a row: objects of one list are alike. */
  readonly #keys: { readonly name: Uint8Array; readonly field: number }[] = [];
  #nextKey = 0;

  start(): void {
    this.kind = 'vrp';
    this.#field = FIELD.other;
    this.#asn = this.#customer = this.#maxLength = this.#expiresS = this.#bits = -1;
    this.#providers = null;
    this.#isBad = false;
    this.#anchorLength = 0;
    this.#nextKey = 0;
  }

  key(bytes: Uint8Array, length: number): void {
    const at = this.#nextKey++;
    const guess = this.#keys[at];
    if (guess && isEqual(guess.name, bytes, length)) {
      this.#field = guess.field;
      return;
    }
    const known = FIELDS[asciiText(bytes, Math.min(length, 20))];
    this.#field = known ?? FIELD.other;
    if (at < 16) this.#keys[at] = { name: bytes.slice(0, length), field: this.#field };
  }

  /** The value of the last key. */
  value(bytes: Uint8Array, length: number): void {
    const field = this.#field;
    if (field === FIELD.asn) this.#asn = readAsn(bytes, length);
    else if (field === FIELD.prefix) this.#prefix(bytes, length);
    else if (field === FIELD.maxLength) {
      this.#maxLength = readDigits(bytes, length);
      if (this.#maxLength === -1) this.#isBad = true;
    } else if (field === FIELD.trustAnchor) {
      this.#anchorLength = Math.min(length, MAX_TRUST_ANCHOR_BYTES);
      for (let i = 0; i < this.#anchorLength; i++) this.#anchor[i] = bytes[i]!;
    } else if (field === FIELD.type) {
      const type = asciiText(bytes, Math.min(length, 20));
      if (type === 'aspa' || type === 'routerKey') this.kind = type;
      else if (type !== 'routeOrigin') this.#isBad = true;
    } else if (field === FIELD.customer) this.#customer = readAsn(bytes, length);
    else if (field === FIELD.expires) this.#expiresS = readDigits(bytes, length);
    else if (field === FIELD.key) this.kind = 'routerKey';
  }

  /** An item of the list that is the value of the last key. */
  item(bytes: Uint8Array, length: number): void {
    if (this.#field !== FIELD.providers) return;
    const asn = readAsn(bytes, length);
    if (asn === -1) this.#isBad = true;
    else (this.#providers ??= []).push(asn);
  }

  /** @returns false when the row is no VRP */
  addVrp(builder: VrpBuilder): boolean {
    const bits = this.#bits;
    // Where there is no maxLength, it is the prefix's own (RFC 6482 §3.3).
    const maxLength = this.#maxLength === -1 ? bits : this.#maxLength;
    const isBad = this.#isBad || this.#asn === -1 || bits === -1;
    if (isBad || maxLength < bits || maxLength > (this.#isV6 ? 128 : 32)) return false;
    const [w0, w1, w2, w3] = this.#words;
    const anchor = this.#anchorLength === 0 ? 0 : this.#anchorNumber(builder);
    (this.#isV6 ? builder.v6 : builder.v4).push(w0, w1, w2, w3, bits, maxLength, this.#asn, anchor);
    return true;
  }

  /** The VRP that `addVrp` has just taken. */
  listed(): ListedVrp {
    const [w0, w1, w2, w3] = this.#words;
    return {
      prefix: { isV6: this.#isV6, bits: this.#bits, words: [w0, w1, w2, w3] },
      maxLength: this.#maxLength === -1 ? this.#bits : this.#maxLength,
      asn: this.#asn,
      trustAnchor: asciiText(this.#anchor, this.#anchorLength),
      expiresS: this.#expiresS === -1 ? null : this.#expiresS,
    };
  }

  /** @returns null when the row is no ASPA. A withdrawn one may come without providers. */
  aspa(): Aspa | null {
    if (this.#isBad || this.#customer === -1) return null;
    return { customer: this.#customer, providers: this.#providers ?? [] };
  }

  #prefix(bytes: Uint8Array, length: number): void {
    this.#bits = -1;
    if (length > MAX_PREFIX_BYTES) return;
    if (this.#v4Prefix(bytes, length)) return;
    const text = asciiText(bytes, length);
    const prefix = text.includes('/') ? tryParsePrefix(text) : null;
    if (!prefix) return;
    this.#isV6 = prefix.isV6;
    this.#bits = prefix.bits;
    for (let w = 0; w < 4; w++) this.#words[w] = prefix.words[w]!;
  }

  /** `192.0.2.0/24` straight from its bytes; anything unusual is left to the general parser. */
  #v4Prefix(bytes: Uint8Array, length: number): boolean {
    let word = 0;
    let parts = 0;
    let value = -1;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i]!;
      if (byte >= 48 && byte <= 57) {
        value = (value === -1 ? 0 : value * 10) + byte - 48;
        if (value > 255) return false;
      } else {
        if (byte !== (parts === 3 ? 47 : 46) || value === -1) return false;
        word = word * 256 + value;
        value = -1;
        parts++;
      }
    }
    if (parts !== 4 || value === -1 || value > 32) return false;
    this.#isV6 = false;
    this.#bits = value;
    this.#words[0] = (word & maskWord(value)) >>> 0;
    this.#words[1] = this.#words[2] = this.#words[3] = 0;
    return true;
  }

  #anchorNumber(builder: VrpBuilder): number {
    if (this.#anchorsOf !== builder) {
      this.#anchorsOf = builder;
      this.#anchors = [];
    }
    for (const { name, number } of this.#anchors) {
      if (isEqual(name, this.#anchor, this.#anchorLength)) return number;
    }
    const number = builder.trustAnchor(asciiText(this.#anchor, this.#anchorLength));
    if (this.#anchors.length < 32) {
      this.#anchors.push({ name: this.#anchor.slice(0, this.#anchorLength), number });
    }
    return number;
  }
}

function isEqual(name: Uint8Array, bytes: Uint8Array, length: number): boolean {
  if (name.length !== length) return false;
  for (let i = 0; i < length; i++) if (name[i] !== bytes[i]) return false;
  return true;
}

/** `AS3333`, `"3333"` or `3333`; -1 when it is none. */
function readAsn(bytes: Uint8Array, length: number): number {
  const hasLetters = length > 2 && (bytes[0]! | 32) === 97 && (bytes[1]! | 32) === 115;
  const asn = readDigits(bytes, length, hasLetters ? 2 : 0);
  return asn <= MAX_ASN ? asn : -1;
}

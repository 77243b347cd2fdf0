import { hashEnd, hashWord } from '../elem/columns.ts';

/** One Validated ASPA Payload: who may carry the customer's routes upwards (draft-ietf-sidrops-aspa-profile). */
export interface Aspa {
  readonly customer: number;
  /** Ascending, each once; empty when the customer attests to having none (AS 0 in the object). */
  readonly providers: readonly number[];
}

/** An immutable set of ASPAs, one per customer, in flat columns. Plain data: it can be posted to another thread. */
export interface AspaSet {
  readonly length: number;
  /** Ascending. */
  readonly customers: Uint32Array<ArrayBuffer>;
  /** First provider of each customer; `length + 1` entries. */
  readonly start: Uint32Array<ArrayBuffer>;
  /** Ascending per customer. */
  readonly providers: Uint32Array<ArrayBuffer>;
  /** Open-addressing index of `customers`: entry + 1, 0 where empty; its length is a power of two. */
  readonly slots: Uint32Array<ArrayBuffer>;
  /** Sum over the ASPAs of a hash of each, modulo 2^32. */
  readonly digest: number;
}

/** Several ASPAs of one customer count as one with all their providers. AS 0 is nobody, as customer and as provider. */
export function aspaSetOf(aspas: Iterable<Aspa>): AspaSet {
  const byCustomer = new Map<number, Set<number>>();
  for (const { customer, providers } of aspas) {
    if (customer === 0) continue;
    const all = byCustomer.get(customer) ?? new Set<number>();
    byCustomer.set(customer, all);
    for (const provider of providers) if (provider !== 0) all.add(provider);
  }
  const customers = Uint32Array.from(byCustomer.keys()).sort();
  const start = new Uint32Array(customers.length + 1);
  const lists = Array.from(customers, (customer) => Uint32Array.from(byCustomer.get(customer)!).sort());
  for (const [i, list] of lists.entries()) start[i + 1] = start[i]! + list.length;
  const providers = new Uint32Array(start[customers.length]!);
  for (const [i, list] of lists.entries()) providers.set(list, start[i]);
  let digest = 0;
  for (const [i, list] of lists.entries()) {
    let hash = hashWord(list.length, customers[i]!);
    for (const provider of list) hash = hashWord(hash, provider);
    digest = (digest + hashEnd(hash)) >>> 0;
  }
  return { length: customers.length, customers, start, providers, slots: indexOf(customers), digest };
}

function indexOf(customers: Uint32Array): Uint32Array<ArrayBuffer> {
  let size = 16;
  while (size < customers.length * 4) size *= 2;
  const slots = new Uint32Array(size);
  for (const [i, customer] of customers.entries()) {
    let at = hashEnd(customer) & (size - 1);
    while (slots[at] !== 0) at = (at + 1) & (size - 1);
    slots[at] = i + 1;
  }
  return slots;
}

export const NO_ASPAS: AspaSet = aspaSetOf([]);

/** The entry of a customer, or -1. */
export function findAspa(set: AspaSet, customer: number): number {
  const mask = set.slots.length - 1;
  let at = hashEnd(customer) & mask;
  for (;;) {
    const entry = set.slots[at]! - 1;
    if (entry === -1 || set.customers[entry] === customer) return entry;
    at = (at + 1) & mask;
  }
}

export function aspaAt(set: AspaSet, entry: number): Aspa {
  const providers = [...set.providers.subarray(set.start[entry], set.start[entry + 1])];
  return { customer: set.customers[entry]!, providers };
}

export function* eachAspa(set: AspaSet): Generator<Aspa> {
  for (let entry = 0; entry < set.length; entry++) yield aspaAt(set, entry);
}

/** `announced` replaces the customers it names, `withdrawn` lists customers that have no ASPA any more. */
export interface AspaDelta {
  readonly announced: readonly Aspa[];
  readonly withdrawn: readonly number[];
}

/** `set` with a delta applied. A customer both announced and withdrawn ends up announced. */
export function applyAspaDelta(set: AspaSet, delta: AspaDelta): AspaSet {
  if (delta.announced.length === 0 && delta.withdrawn.length === 0) return set;
  const aspas = new Map([...eachAspa(set)].map((aspa) => [aspa.customer, aspa]));
  for (const customer of delta.withdrawn) aspas.delete(customer);
  for (const aspa of aspaSetList(delta.announced)) aspas.set(aspa.customer, aspa);
  return aspaSetOf(aspas.values());
}

function aspaSetList(aspas: readonly Aspa[]): Aspa[] {
  return [...eachAspa(aspaSetOf(aspas))];
}

/** How to get from `before` to `after`. */
export function diffAspas(before: AspaSet, after: AspaSet): AspaDelta {
  const isSame = (a: Aspa, b: Aspa): boolean =>
    a.providers.length === b.providers.length && a.providers.every((asn, i) => asn === b.providers[i]);
  const announced = [...eachAspa(after)].filter((aspa) => {
    const entry = findAspa(before, aspa.customer);
    return entry === -1 || !isSame(aspaAt(before, entry), aspa);
  });
  const withdrawn = [...before.customers].filter((customer) => findAspa(after, customer) === -1);
  return { announced, withdrawn };
}

import type { ElemBatch } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { ElemCopier } from '../elem/copier.ts';
import { JsonlDecoder } from '../elem/jsonl.ts';
import type { Incident } from '../incident/incident.ts';
import { Rib } from '../rib/rib.ts';
import type { EngineOptions } from './engine.ts';
import { DetectionEngine, RIB_OPTIONS } from './engine.ts';

/** Unix seconds the scenarios' clock starts at: a full hour. */
export const START_S = 1_700_000_400 - (1_700_000_400 % 3600);

/** A hand-written stream: peers by number, times in seconds after the start. Peer ASNs are 60001, 60002, ... */
export class Scenario {
  readonly #builder = new BatchBuilder(1_000_000);
  readonly #decoder = new JsonlDecoder(this.#builder);
  readonly #table = new BatchBuilder(1_000_000);
  readonly #tableDecoder = new JsonlDecoder(this.#table);

  #line(type: string, atS: number, peer: number, more: Record<string, unknown>): string {
    const address = `192.0.2.${peer}`;
    return JSON.stringify({
      ts: START_S + atS,
      type,
      collector: 'test',
      peer: address,
      peer_asn: 60_000 + peer,
      ...more,
    });
  }

  /** Table entries of every peer in `peers`: what was there before. `path` comes after the peer's own ASN. */
  table(prefix: string, path: string, peers: readonly number[]): this {
    for (const peer of peers) {
      this.#tableDecoder.decode(this.#line('R', 0, peer, { prefix, path: `${60_000 + peer} ${path}` }));
    }
    return this;
  }

  announce(
    atS: number,
    prefix: string,
    path: string,
    peers: readonly number[],
    more: Record<string, unknown> = {},
  ): this {
    for (const peer of peers) {
      this.#decoder.decode(this.#line('A', atS, peer, { prefix, path: `${60_000 + peer} ${path}`, ...more }));
    }
    return this;
  }

  withdraw(atS: number, prefix: string, peers: readonly number[]): this {
    for (const peer of peers) this.#decoder.decode(this.#line('W', atS, peer, { prefix }));
    return this;
  }

  state(atS: number, peer: number, from: string, to: string): this {
    this.#decoder.decode(this.#line('S', atS, peer, { old_state: from, new_state: to }));
    return this;
  }

  /** The table; null without one. */
  tableBatch(): ElemBatch | null {
    return this.#table.length > 0 ? this.#table.take() : null;
  }

  /** What happens after the table, by time, in batches of what happens within `stepS` seconds. */
  batches(stepS: number): ElemBatch[] {
    const all = this.#builder.take();
    const batches: ElemBatch[] = [];
    const builder = new BatchBuilder(1_000_000);
    const copier = new ElemCopier(builder);
    const byTime = Array.from({ length: all.length }, (_, i) => i).sort(
      (a, b) => all.timeUs[a]! - all.timeUs[b]!,
    );
    let last = Number.NaN;
    for (const i of byTime) {
      const step = Math.floor(all.timeUs[i]! / (stepS * 1e6));
      if (builder.length > 0 && step !== last) batches.push(builder.take());
      last = step;
      copier.copy(all, i);
    }
    if (builder.length > 0) batches.push(builder.take());
    return batches;
  }

  /** Replay into a fresh engine. @returns every incident in its last shape, in order of beginning. */
  run(options: EngineOptions = {}): { incidents: Incident[]; engine: DetectionEngine } {
    const rib = new Rib(RIB_OPTIONS);
    const engine = new DetectionEngine(rib, options);
    const learn = (batch: ElemBatch): void => engine.learn(batch, rib.step(batch));
    const step = (batch: ElemBatch): void => engine.step(batch, rib.step(batch));
    if (this.#table.length > 0) learn(this.#table.take());
    if (this.#builder.length > 0) step(this.#builder.take());
    const last = new Map<string, Incident>();
    for (const { incident } of engine.transitions()) last.set(incident.id, incident);
    for (const incident of engine.incidents()) last.set(incident.id, incident);
    const incidents = [...last.values()].sort(
      (a, b) => a.firstSeenUs - b.firstSeenUs || (a.id < b.id ? -1 : 1),
    );
    return { incidents, engine };
  }
}

/** `1..count` */
export function peers(count: number, from = 1): number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

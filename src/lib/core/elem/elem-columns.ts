import type { ElemBatch } from './batch.ts';
import type { Slab } from './slab.ts';
import { slabBytes } from './slab.ts';

/** The columns of `ElemBatch` that have one value per elem. */
export type PerElem = Pick<
  ElemBatch,
  'length' | 'timeUs' | 'kind' | 'flags' | 'vantage' | 'prefix' | 'attrs' | 'pathId' | 'labels' | 'state'
>;

/**
 * The per-elem columns of the batch being built. Decoders write runs of elems straight into them: `reserve`, write the
 * columns from `length` on, set `length`.
 *
 * `pathId`, `labels` and `state` are 0 for nearly every elem, so they stay zero from batch to batch and are written only
 * where they are not: set `hasRare` before doing so.
 */
export class ElemColumns {
  length = 0;
  /** Some elem of the batch has a path id, labels or a state. */
  hasRare = false;
  timeUs: Float64Array<ArrayBuffer>;
  kind: Uint8Array<ArrayBuffer>;
  flags: Uint8Array<ArrayBuffer>;
  vantage: Uint32Array<ArrayBuffer>;
  prefix: Uint32Array<ArrayBuffer>;
  attrs: Uint32Array<ArrayBuffer>;
  pathId: Uint32Array<ArrayBuffer>;
  labels: Uint32Array<ArrayBuffer>;
  state: Uint16Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.timeUs = new Float64Array(capacity);
    this.kind = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.vantage = new Uint32Array(capacity);
    this.prefix = new Uint32Array(capacity);
    this.attrs = new Uint32Array(capacity);
    this.pathId = new Uint32Array(capacity);
    this.labels = new Uint32Array(capacity);
    this.state = new Uint16Array(capacity);
  }

  /** Make room for `count` more elems. */
  reserve(count: number): void {
    if (this.length + count > this.kind.length) this.#grow(this.length + count);
  }

  #grow(needed: number): void {
    const next = new ElemColumns(Math.max(needed, this.kind.length * 2));
    next.timeUs.set(this.timeUs);
    next.kind.set(this.kind);
    next.flags.set(this.flags);
    next.vantage.set(this.vantage);
    next.prefix.set(this.prefix);
    next.attrs.set(this.attrs);
    next.pathId.set(this.pathId);
    next.labels.set(this.labels);
    next.state.set(this.state);
    this.timeUs = next.timeUs;
    this.kind = next.kind;
    this.flags = next.flags;
    this.vantage = next.vantage;
    this.prefix = next.prefix;
    this.attrs = next.attrs;
    this.pathId = next.pathId;
    this.labels = next.labels;
    this.state = next.state;
  }

  /** What `take` needs of the slab. */
  get bytes(): number {
    const { length } = this;
    return slabBytes(8 * length) + 2 * slabBytes(length) + 5 * slabBytes(4 * length) + slabBytes(2 * length);
  }

  take(slab: Slab): PerElem {
    const { length, hasRare } = this;
    const taken = {
      length,
      timeUs: slab.f64From(this.timeUs, length),
      kind: slab.u8From(this.kind, length),
      flags: slab.u8From(this.flags, length),
      vantage: slab.u32From(this.vantage, length),
      prefix: slab.u32From(this.prefix, length),
      attrs: slab.u32From(this.attrs, length),
      pathId: hasRare ? slab.u32From(this.pathId, length) : slab.u32(length),
      labels: hasRare ? slab.u32From(this.labels, length) : slab.u32(length),
      state: hasRare ? slab.u16From(this.state, length) : slab.u16(length),
    };
    if (hasRare) {
      this.pathId.fill(0, 0, length);
      this.labels.fill(0, 0, length);
      this.state.fill(0, 0, length);
      this.hasRare = false;
    }
    this.length = 0;
    return taken;
  }
}

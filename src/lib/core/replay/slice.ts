import { prefixHash2 } from '../activity/keys.ts';
import type { ElemBatch } from '../elem/batch.ts';
import { ELEM_FLAG, KIND, NONE, PEER_STATE } from '../elem/batch.ts';
import { BatchBuilder } from '../elem/builder.ts';
import { ElemCopier } from '../elem/copier.ts';
import { BgpError } from '../error.ts';
import { prefixHash } from '../rib/prefixes.ts';
import type { Recording } from './recording.ts';

/** Routes that a slice may begin with. */
const MAX_ROUTES = 1_000_000;
/** Elems per frame of what is copied together. */
const FRAME_ELEMS = 16_384;
/** More than there are (vantage, path id) pairs; a route's key is its prefix' number times this plus the pair's. */
const SESSIONS = 2 ** 20;

/**
 * A part of a recording that stands on its own: first, as table entries, the routes there were when it began, then the elems
 * from `fromUs` to `toUs`, both included. From the recording's start on it begins with what the recording begins with.
 */
export class SliceScan {
  readonly #recording: Recording;
  readonly #from: number;
  readonly #to: number;
  /** Where in the recording each route was announced that is held when the slice begins. */
  readonly #routes = new Map<number, number>();
  readonly #prefixIds = new Map<number, number>();
  readonly #sessionIds = new Map<string, number>();
  readonly #vantageOf: number[] = [];
  readonly #builder = new BatchBuilder(FRAME_ELEMS);
  readonly #copier = new ElemCopier(this.#builder);

  constructor(recording: Recording, fromUs: number, toUs: number) {
    this.#recording = recording;
    this.#from = fromUs <= recording.startUs ? 0 : recording.positionAt(fromUs - 1);
    this.#to = recording.positionAt(toUs);
  }

  /**
   * Batch by batch, each with its encoding where it is known; null where only time has passed.
   * @throws {BgpError} REPLAY_TOO_MUCH
   */
  *batches(): Generator<{ batch: ElemBatch; body?: Uint8Array } | null, void, void> {
    const { frames } = this.#recording;
    const first = this.#recording.frameOf(this.#from);
    for (let index = 0; index <= first && this.#from > 0; index++) {
      this.#follow(this.#recording.open(index).batch, frames[index]!.firstElem);
      yield null;
    }
    yield* this.#table();
    for (let index = first; index < frames.length && frames[index]!.firstElem < this.#to; index++) {
      const { firstElem, elems, body } = frames[index]!;
      const { batch } = this.#recording.open(index);
      const [from, to] = [Math.max(0, this.#from - firstElem), Math.min(elems, this.#to - firstElem)];
      if (from === 0 && to === elems) {
        yield { batch, body };
        continue;
      }
      for (let i = from; i < to; i++) this.#copier.copy(batch, i);
      if (this.#builder.length > 0) yield { batch: this.#builder.take() };
    }
  }

  /** Note who holds what up to the slice. */
  #follow(batch: ElemBatch, firstElem: number): void {
    const vantageIds = this.#recording.vantages.map(batch);
    const prefixIds = new Int32Array(batch.prefixes.length).fill(-1);
    for (let i = 0; i < batch.length && firstElem + i < this.#from; i++) {
      const vantage = vantageIds[batch.vantage[i]!]!;
      if (vantage === NONE) continue;
      if (batch.kind[i] === KIND.state) {
        if ((batch.state[i]! & 0xff) !== PEER_STATE.established) this.#clear(vantage);
        continue;
      }
      const entry = batch.prefix[i]!;
      if (prefixIds[entry] === -1) prefixIds[entry] = this.#prefixId(batch, entry);
      const pathId = batch.flags[i]! & ELEM_FLAG.addPath ? batch.pathId[i]! : 0;
      const isMulticast = (batch.flags[i]! & ELEM_FLAG.multicast) !== 0;
      const key = prefixIds[entry]! * SESSIONS + this.#sessionId(vantage, pathId, isMulticast);
      // Announced again it moves to the end: a table in the order of the recording.
      this.#routes.delete(key);
      if (batch.attrs[i] !== NONE && batch.kind[i] !== KIND.withdraw) this.#routes.set(key, firstElem + i);
    }
    if (this.#routes.size > MAX_ROUTES)
      throw new BgpError('REPLAY_TOO_MUCH', `more than ${MAX_ROUTES} routes when the slice begins`);
  }

  #clear(vantage: number): void {
    for (const key of [...this.#routes.keys()])
      if (this.#vantageOf[key % SESSIONS] === vantage) this.#routes.delete(key);
  }

  #prefixId(batch: ElemBatch, entry: number): number {
    const key = prefixHash(batch.prefixes, entry) * 0x20_0000 + (prefixHash2(batch.prefixes, entry) >>> 11);
    let id = this.#prefixIds.get(key);
    if (id === undefined) this.#prefixIds.set(key, (id = this.#prefixIds.size));
    return id;
  }

  /** @throws {BgpError} REPLAY_TOO_MUCH */
  #sessionId(vantage: number, pathId: number, isMulticast: boolean): number {
    if (pathId === 0 && !isMulticast && this.#vantageOf[vantage] === vantage) return vantage;
    const key = `${vantage}|${pathId}|${isMulticast}`;
    let id = this.#sessionIds.get(key);
    if (id !== undefined) return id;
    // The plain session of a vantage has the vantage's own number.
    id = pathId === 0 && !isMulticast ? vantage : this.#recording.vantages.length + this.#sessionIds.size;
    if (id >= SESSIONS) throw new BgpError('REPLAY_TOO_MUCH', `more than ${SESSIONS} paths of one vantage`);
    this.#sessionIds.set(key, id);
    this.#vantageOf[id] = vantage;
    return id;
  }

  /** The routes held, as table entries. */
  *#table(): Generator<{ batch: ElemBatch }, void, void> {
    let frame: { batch: ElemBatch; firstElem: number; end: number } | null = null;
    for (const position of Float64Array.from(this.#routes.values()).sort()) {
      if (!frame || position >= frame.end) {
        const index = this.#recording.frameOf(position);
        const { firstElem, elems } = this.#recording.frames[index]!;
        const { batch } = this.#recording.open(index);
        const kind = new Uint8Array(elems).fill(KIND.rib);
        frame = { batch: { ...batch, kind }, firstElem, end: firstElem + elems };
      }
      if (this.#builder.isFull) yield { batch: this.#builder.take() };
      this.#copier.copy(frame.batch, position - frame.firstElem);
    }
    if (this.#builder.length > 0) yield { batch: this.#builder.take() };
  }
}

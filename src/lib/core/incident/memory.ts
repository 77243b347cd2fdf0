import type { DetectParams } from '../detect/params.ts';

const MAX_LEAKERS = 256;
const MAX_PATH_VICTIMS = 4096;
/** Beginnings kept per victim, newest last. */
const MAX_PATH_TIMES = 16;
const MAX_LAST_ENDS = 20_000;

/** What incidents leave behind that later ones are seen by. Each list is bounded; the oldest entry goes first. */
export class Memory {
  readonly #params: DetectParams;
  /** Mass leakers and when their leak was last heard of, Unix microseconds. */
  readonly #leakers = new Map<number, number>();
  /** When cases of made-up paths began, by victim. */
  readonly #pathsByVictim = new Map<number, number[]>();
  /** When the last incident of a key was over. */
  readonly #lastEnds = new Map<string, number>();

  constructor(params: DetectParams) {
    this.#params = params;
  }

  noteLeaker(asn: number, timeUs: number): void {
    renew(this.#leakers, MAX_LEAKERS, asn, timeUs);
  }

  isLeaker(asn: number, timeUs: number): boolean {
    const last = this.#leakers.get(asn);
    return last !== undefined && timeUs - last <= this.#params.massWindowS * 1e6;
  }

  notePath(victim: number, timeUs: number): void {
    const times = this.#pathsByVictim.get(victim) ?? [];
    renew(this.#pathsByVictim, MAX_PATH_VICTIMS, victim, [...times.slice(1 - MAX_PATH_TIMES), timeUs]);
  }

  /** Cases of made-up paths to one victim that began within a mass window of `timeUs`. */
  pathCases(victim: number, timeUs: number): number {
    const windowUs = this.#params.massWindowS * 1e6;
    let count = 0;
    for (const firstUs of this.#pathsByVictim.get(victim) ?? [])
      if (Math.abs(firstUs - timeUs) <= windowUs) count++;
    return count;
  }

  noteEnd(key: string, timeUs: number): void {
    renew(this.#lastEnds, MAX_LAST_ENDS, key, timeUs);
  }

  /** GRIP hides what the same pair did within the last 24 hours; here it weighs against the case. */
  isRecurrence(key: string, timeUs: number): boolean {
    const last = this.#lastEnds.get(key);
    return last !== undefined && timeUs - last <= this.#params.dormantAfterS * 1e6;
  }
}

function renew<K, V>(map: Map<K, V>, limit: number, key: K, value: V): void {
  map.delete(key);
  if (map.size >= limit) map.delete(map.keys().next().value!);
  map.set(key, value);
}

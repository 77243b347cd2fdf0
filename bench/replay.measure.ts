/** The part of the replay benchmark that runs in Node and in a browser worker alike. */
import { Replay } from '../src/workers/replay.ts';

/** What came of one recording. Times in milliseconds from the call of `open`. */
export interface ReplayAnswer {
  readonly elems: number;
  readonly spanS: number;
  readonly openedMs: number;
  readonly firstPictureMs: number;
  readonly endMs: number;
  /** Seeks to random moments, in order of length: while the analysis ran (where it had been), and afterwards. */
  readonly earlySeeksMs: readonly number[];
  readonly seeksMs: readonly number[];
  readonly filterMs: number;
  readonly pathsMs: number;
  readonly compareMs: number;
  readonly verdicts: number;
  readonly verdictsSha256: string;
  /** Of the pictures at some moments, gone to forwards and back. */
  readonly hashes: readonly string[];
}

/** Open a recording, analyse it to its end, and go about in it. */
export async function measureReplay(bytes: Uint8Array<ArrayBuffer>, seeks: number): Promise<ReplayAnswer> {
  const replay = new Replay({ app: 'bench', model: null, fetch, baseUrl: 'http://127.0.0.1/' });
  const startMs = performance.now();
  const since = (): number => performance.now() - startMs;
  const random = randomFrom(2008);
  let analysedShare = 0;
  const opened = await replay.open({ kind: 'file', file: new File([bytes], 'day.rsl') }, (progress) => {
    if (progress.phase !== 'reading') analysedShare = progress.share ?? 0;
  });
  if (!opened.ok) throw new Error(opened.reason);
  const openedMs = since();
  const { startUs, endUs, elems } = opened;
  await replay.seek(startUs);
  const firstPictureMs = since();
  let isOver = false;
  const over = replay.verdicts().then((list) => {
    isOver = true;
    return { list, atMs: since() };
  });
  const earlySeeksMs: number[] = [];
  while (!isOver) {
    // The first part of what has been analysed: a seek beyond it waits by design.
    if (analysedShare > 0.1)
      earlySeeksMs.push(await timed(() => replay.seek(startUs + random() * 0.05 * (endUs - startUs))));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const { list, atMs: endMs } = await over;
  const seeksMs: number[] = [];
  for (let i = 0; i < seeks; i++)
    seeksMs.push(await timed(() => replay.seek(startUs + random() * (endUs - startUs))));
  const hashes = await hashesOf(replay, startUs, endUs);
  const prefix = '208.65.152.0/22';
  const answer = {
    elems,
    spanS: (endUs - startUs) / 1e6,
    openedMs,
    firstPictureMs,
    endMs,
    earlySeeksMs: sorted(earlySeeksMs),
    seeksMs: sorted(seeksMs),
    filterMs: await timed(() => replay.setFilter({ prefixes: [prefix] })),
    pathsMs: await timed(() => replay.paths({ prefixes: [prefix], moreSpecifics: true })),
    compareMs: await timed(() => replay.compare(startUs, endUs, { prefixes: [prefix] })),
    verdicts: list.verdicts.length,
    verdictsSha256: list.sha256,
    hashes,
  };
  replay.close();
  return answer;
}

/** The same moments forwards and backwards must give the same. */
async function hashesOf(replay: Replay, startUs: number, endUs: number): Promise<string[]> {
  const moments = [0.1, 0.35, 0.5, 0.7835, 1].map((share) => startUs + share * (endUs - startUs));
  const hashAt = async (timeUs: number): Promise<string> => {
    await replay.seek(timeUs);
    return replay.stateHash();
  };
  const forward: string[] = [];
  for (const timeUs of moments) forward.push(await hashAt(timeUs));
  const back: string[] = [];
  for (const timeUs of moments.toReversed()) back.unshift(await hashAt(timeUs));
  if (forward.join() !== back.join()) throw new Error('a moment looks different coming from the other side');
  return forward;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

function sorted(ms: readonly number[]): number[] {
  return [...ms].sort((a, b) => a - b);
}

/** Numbers in 0..1 from a seed (Numerical Recipes' linear congruential generator). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The worker of the RPKI benchmark in a browser: loads what a page would load and measures. */
import { measureCompact } from './rpki.measure.ts';

addEventListener('message', ({ data }: MessageEvent<number>) => {
  void run(data).then((figures) => postMessage(figures));
});

async function run(rounds: number): Promise<object> {
  const startMs = performance.now();
  const [snapshot, delta] = await Promise.all(['/snapshot', '/delta'].map(fetchBytes));
  const fetchMs = performance.now() - startMs;
  return { ...measureCompact(snapshot!, delta!, rounds), fetchMs };
}

async function fetchBytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(path)).arrayBuffer());
}

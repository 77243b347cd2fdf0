/** The worker of the replay benchmark in a browser: the same recording through the same code. */
import { measureReplay } from './replay.measure.ts';

addEventListener('message', ({ data }: MessageEvent<number>) => {
  void run(data).then((answer) => postMessage(answer));
});

async function run(seeks: number) {
  const response = await fetch('/day.rsl');
  if (!response.ok) throw new Error(`/day.rsl: ${response.status}`);
  return measureReplay(new Uint8Array(await response.arrayBuffer()), seeks);
}

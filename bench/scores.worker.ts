/** The worker of the scoring benchmark in a browser. */
import { measureScores } from './scores.measure.ts';

addEventListener('message', () => {
  void run().then(
    (figures) => postMessage(figures),
    (error: unknown) =>
      setTimeout(() => {
        throw error;
      }),
  );
});

async function run(): Promise<object> {
  const read = async (name: string): Promise<Uint8Array> => {
    const response = await fetch(`/models/${name}`);
    if (!response.ok) throw new Error(`${name}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };
  return measureScores(read, '/wasm/');
}

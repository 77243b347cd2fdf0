/** The worker of the skew benchmark in a browser. */
import * as tf from '@tensorflow/tfjs';
import { measureSkew } from './skew.measure.ts';

addEventListener('message', ({ data }: MessageEvent<number>) => {
  void run(data).then(
    (answer) => postMessage(answer),
    (error: unknown) =>
      setTimeout(() => {
        throw error;
      }),
  );
});

async function fetched(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}

async function* files(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) {
    const { body } = await fetched(`/frames/${i}`);
    yield new Uint8Array(
      await new Response(body!.pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer(),
    );
  }
}

async function run(count: number): Promise<object> {
  return measureSkew({
    read: async (name) => new Uint8Array(await (await fetched(`/models/${name}`)).arrayBuffer()),
    wasmPaths: '/wasm/',
    use: (name) => (name === 'wasm' ? tf.setBackend(name) : Promise.resolve(false)),
    files: files(count),
  });
}

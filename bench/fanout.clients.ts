/** The receiving half of fanout.bench.ts, in a process of its own: `PORT CLIENTS`; answers every message with the frames got so far. */
import { WebSocket } from 'ws';

const [port, clients] = process.argv.slice(2).map(Number);
let frames = 0;
for (let i = 0; i < clients!; i++) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
  });
  socket.on('message', (_data, isBinary) => {
    if (isBinary) frames++;
  });
}
process.on('message', () => process.send!(frames));

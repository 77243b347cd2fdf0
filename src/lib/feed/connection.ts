import { Backoff } from './backoff.ts';

/** The part of a WebSocket we use; the browser's and the `ws` package's both have it. */
export interface StreamSocket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: object) => void) | null;
  close(code?: number, reason?: string): void;
}
export type SocketConstructor = new (url: string) => StreamSocket;

/** Where time and chance come from. */
export interface Ambience {
  readonly nowMs: () => number;
  readonly random: () => number;
}

export interface ConnectionOptions extends Ambience {
  readonly WebSocket: SocketConstructor;
  /** Asked for at every attempt. */
  readonly url: () => string;
  readonly onMessage: (data: string | Uint8Array<ArrayBuffer>) => void;
  /** `state`, `reason` or `retryAtMs` is another. */
  readonly onChange: () => void;
  /** The relay says something every second: longer silence than this means that it is gone. */
  readonly silenceMs: number;
}

const CHECK_MS = 500;

/** One WebSocket kept open: comes back with growing waits, gives up on a silent one. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #backoff: Backoff;
  #socket: StreamSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #heardMs = 0;
  #checkedMs = 0;
  state: 'connecting' | 'open' | 'waiting' | 'stopped' = 'stopped';
  reason = '';
  retryAtMs: number | null = null;
  /** Attempts after the first. */
  reconnects = 0;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  /** Open it; `onMessage` and `onChange` may be called from now on. */
  start(): void {
    this.#watch = setInterval(() => this.#check(), CHECK_MS);
    this.#connect();
  }

  #connect(): void {
    const { WebSocket, url, nowMs } = this.#options;
    this.#heardMs = this.#checkedMs = nowMs();
    this.retryAtMs = null;
    this.#become('connecting');
    let socket: StreamSocket;
    try {
      socket = new WebSocket(url());
    } catch (cause) {
      this.#lose(cause instanceof Error ? cause.message : 'the address is not good');
      return;
    }
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onerror = () => undefined; // `close` follows, and it knows more
    socket.onclose = ({ code, reason }) => this.#lose(reason || closeReason(code, this.state === 'open'));
  }

  #hear(data: unknown): void {
    this.#heardMs = this.#options.nowMs();
    if (typeof data === 'string') this.#options.onMessage(data);
    else if (data instanceof ArrayBuffer) this.#options.onMessage(new Uint8Array(data));
  }

  /** The other side has proved to be what we look for. */
  proven(): void {
    this.#backoff.reset();
    this.reason = '';
    this.#become('open');
  }

  /** Drop the connection and come back later. */
  refuse(reason: string): void {
    this.#lose(reason);
  }

  #check(): void {
    const nowMs = this.#options.nowMs();
    const sleptMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    // When we were asleep ourselves, what was said meanwhile has not been read yet: give it a moment.
    if (sleptMs > CHECK_MS * 4) this.#heardMs = Math.max(this.#heardMs, nowMs - this.#options.silenceMs / 2);
    if (this.#socket === null || nowMs - this.#heardMs <= this.#options.silenceMs) return;
    this.#lose(`nothing heard for ${Math.round(this.#options.silenceMs / 1000)} s`);
  }

  #lose(reason: string): void {
    this.#detach();
    this.reason = reason;
    const waitMs = this.#backoff.nextMs();
    this.retryAtMs = this.#options.nowMs() + waitMs;
    this.#timer = setTimeout(() => {
      this.reconnects++;
      this.#connect();
    }, waitMs);
    this.#become('waiting');
  }

  #detach(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    socket.onerror = () => undefined;
    socket.close();
  }

  #become(state: Connection['state']): void {
    this.state = state;
    this.#options.onChange();
  }

  close(): void {
    clearInterval(this.#watch);
    this.#detach();
    this.retryAtMs = null;
    this.#become('stopped');
  }
}

function closeReason(code: number, wasOpen: boolean): string {
  if (code === 1001) return 'the relay is shutting down';
  if (!wasOpen) return 'the relay does not answer';
  return code === 1006 ? 'the connection broke' : `closed with code ${code}`;
}

import type { DeskState } from './history-desk.ts';

/** Name of the lock whose holder owns the database, and of the channel the tabs speak over. */
const LOCK = 'routescope.history';
/** How long a call waits for an owner that says nothing, before it is sent again. */
const RESEND_MS = 2000;
const MAX_WAITING = 64;

/** What tabs say to each other. Names are random per worker. */
type TabMessage =
  | {
      readonly type: 'call';
      readonly from: string;
      readonly id: number;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  | { readonly type: 'taken'; readonly to: string; readonly id: number }
  | { readonly type: 'progress'; readonly to: string; readonly id: number; readonly value: unknown }
  | {
      readonly type: 'answer';
      readonly to: string;
      readonly id: number;
      readonly value: unknown;
      readonly error: string | null;
    }
  | { readonly type: 'state'; readonly state: DeskState }
  | { readonly type: 'hello' };

interface Waiting {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly onProgress: ((value: never) => void) | null;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  isTaken: boolean;
}

export interface TabsOptions {
  /** This worker owns the database from now on. */
  readonly onOwner: () => void;
  /** The owner's state, while another owns it. */
  readonly onState: (state: DeskState) => void;
  /** Do what another tab asks. Only called while this one owns the database. */
  readonly answer: (
    method: string,
    args: readonly unknown[],
    onProgress: (value: unknown) => void,
  ) => Promise<unknown>;
  readonly state: () => DeskState;
}

/**
 * Which of the tabs owns the database, and the way to it from the others. The owner holds a Web Lock for as long as its
 * worker lives; when it is gone, however it went, the next in the queue has the lock. Calls that the owner had not answered
 * are put to its successor.
 */
export class Tabs {
  readonly #options: TabsOptions;
  readonly #name = crypto.randomUUID();
  readonly #channel: BroadcastChannel;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #isOwner = false;

  constructor(options: TabsOptions) {
    this.#options = options;
    this.#channel = new BroadcastChannel(LOCK);
    this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => this.#take(data);
    // Typed as always there, which in an insecure context it is not: then each tab is on its own, in memory.
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) queueMicrotask(() => this.#own());
    else {
      void locks.request(LOCK, () => {
        this.#own();
        return new Promise<never>(() => undefined);
      });
      this.#channel.postMessage({ type: 'hello' } satisfies TabMessage);
    }
  }

  get isOwner(): boolean {
    return this.#isOwner;
  }

  #own(): void {
    this.#isOwner = true;
    this.#options.onOwner();
    for (const [id, waiting] of this.#waiting) {
      this.#waiting.delete(id);
      this.#options
        .answer(waiting.method, waiting.args, waiting.onProgress as (value: unknown) => void)
        .then(waiting.resolve, waiting.reject);
    }
  }

  /** Tell the others how things stand. */
  tell(state: DeskState): void {
    if (this.#isOwner) this.#channel.postMessage({ type: 'state', state } satisfies TabMessage);
  }

  /** Ask the owner, or do it here. */
  call(
    method: string,
    args: readonly unknown[],
    onProgress: ((value: never) => void) | null = null,
  ): Promise<unknown> {
    const progress = (onProgress ?? (() => undefined)) as (value: unknown) => void;
    if (this.#isOwner) return this.#options.answer(method, args, progress);
    if (this.#waiting.size >= MAX_WAITING) return Promise.reject(new Error('too many questions are waiting'));
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { method, args, onProgress: progress, resolve, reject, isTaken: false });
      this.#send(id);
    });
  }

  /** Sent again until the owner says it has it: at first there may be none. */
  #send(id: number): void {
    const waiting = this.#waiting.get(id);
    if (!waiting || waiting.isTaken) return;
    const { method, args } = waiting;
    this.#channel.postMessage({ type: 'call', from: this.#name, id, method, args } satisfies TabMessage);
    setTimeout(() => this.#send(id), RESEND_MS);
  }

  #take(message: TabMessage): void {
    if (message.type === 'state') {
      if (!this.#isOwner) this.#options.onState(message.state);
    } else if (message.type === 'hello') this.tell(this.#options.state());
    else if (message.type === 'call') {
      if (this.#isOwner) this.#serve(message);
    } else if (message.to === this.#name) this.#takeReply(message);
  }

  #takeReply(message: TabMessage & { type: 'taken' | 'progress' | 'answer' }): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    if (message.type === 'taken') waiting.isTaken = true;
    else if (message.type === 'progress') waiting.onProgress?.(message.value as never);
    else {
      this.#waiting.delete(message.id);
      if (message.error === null) waiting.resolve(message.value);
      else waiting.reject(new Error(message.error));
    }
  }

  readonly #served = new Set<string>();

  #serve({ from, id, method, args }: TabMessage & { type: 'call' }): void {
    const post = (message: TabMessage): void => this.#channel.postMessage(message);
    post({ type: 'taken', to: from, id });
    // Sent again before it was seen that it is taken.
    const key = `${from} ${id}`;
    if (this.#served.has(key)) return;
    this.#served.add(key);
    this.#options
      .answer(method, args, (value) => post({ type: 'progress', to: from, id, value }))
      .then(
        (value) => post({ type: 'answer', to: from, id, value, error: null }),
        (error: unknown) =>
          post({
            type: 'answer',
            to: from,
            id,
            value: null,
            error: error instanceof Error ? error.message : 'failed',
          }),
      )
      .finally(() => this.#served.delete(key));
  }
}

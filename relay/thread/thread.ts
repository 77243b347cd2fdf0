import { Worker } from 'node:worker_threads';
import type { Log } from '../log.ts';
import type { FromThread } from './messages.ts';

/** A thread that ended is started again after this long. */
const RESTART_MS = 5000;

export interface ThreadOptions<From, Answer> {
  /** Module the thread runs. */
  readonly body: URL;
  /** Its `workerData`. */
  readonly settings: object;
  /** It has this long to finish when the relay stops. */
  readonly closeMs: number;
  readonly log: Log;
  /** What is answered to questions that went with a thread. */
  readonly none: Answer;
  readonly onMessage: (message: Exclude<From, FromThread>) => void;
  /** An error that nothing in the thread caught; it ends after this. */
  readonly onCrash: (detail: string) => void;
  /** It ended without being told to, and is started again. */
  readonly onEnded?: () => void;
}

/** A thread beside the relay, which never waits for it: frames are handed over, questions asked, and one that ends comes back. */
export class Thread<To extends object, From extends { readonly op: string }, Answer> {
  readonly #options: ThreadOptions<From, Answer>;
  #worker: Worker;
  #queuedBytes = 0;
  #isClosing = false;
  #restart: NodeJS.Timeout | undefined;
  #onClosed: () => void = () => undefined;
  #asked = 0;
  readonly #answers = new Map<number, (answer: Answer) => void>();

  constructor(options: ThreadOptions<From, Answer>) {
    this.#options = options;
    this.#worker = this.#start();
  }

  /** Bytes of frames on their way. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  send(message: To): void {
    this.#worker.postMessage(message);
  }

  /** Send a message with a frame of so many bytes in it; `taken` says when it has been taken out of the queue. */
  sendFrame(message: To, bytes: number): void {
    this.#queuedBytes += bytes;
    this.send(message);
  }

  taken(bytes: number): void {
    this.#queuedBytes = Math.max(0, this.#queuedBytes - bytes);
  }

  /** Resolves with what is passed to `answer` for the same number. */
  ask(question: (id: number) => To): Promise<Answer> {
    const id = this.#asked++;
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.send(question(id));
    });
  }

  answer(id: number, answer: Answer): void {
    this.#answers.get(id)?.(answer);
    this.#answers.delete(id);
  }

  /** Resolves when the thread has said that it is done, or had its time. @param message tells it to finish */
  async close(message: To): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const closed = new Promise<void>((resolve) => (this.#onClosed = resolve));
    this.send(message);
    const deadline = setTimeout(this.#onClosed, this.#options.closeMs);
    await closed;
    clearTimeout(deadline);
    await this.#worker.terminate();
  }

  #start(): Worker {
    const { body, settings, onCrash } = this.#options;
    const worker = new Worker(new URL('./body.mjs', import.meta.url), {
      argv: [body.href],
      workerData: settings,
    });
    worker.on('message', (message: From | FromThread) => this.#hear(message));
    worker.on('error', (error) => onCrash(error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#ended());
    return worker;
  }

  #ended(): void {
    this.#onClosed();
    this.#queuedBytes = 0;
    for (const answer of this.#answers.values()) answer(this.#options.none);
    this.#answers.clear();
    if (this.#isClosing) return;
    this.#options.onEnded?.();
    this.#restart = setTimeout(() => (this.#worker = this.#start()), RESTART_MS);
  }

  #hear(message: From | FromThread): void {
    if (isFromThread(message)) {
      if (message.op === 'closed') this.#onClosed();
      else this.#options.log[message.level](message.event, message.fields);
    } else this.#options.onMessage(message as Exclude<From, FromThread>);
  }
}

function isFromThread(message: { readonly op: string }): message is FromThread {
  return message.op === 'log' || message.op === 'closed';
}

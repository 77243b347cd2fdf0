import type { UserMark } from '../../../workers/api.ts';
import type { Live } from '../live.svelte.ts';

/** One thing that can be taken back. */
interface Undo {
  readonly what: string;
  readonly run: () => Promise<void>;
}

const MAX_UNDOS = 20;

/** What the user says about incidents, and the way back. Beyond 20 steps the oldest can no longer be taken back. */
export class Marks {
  /** Changes with each mark, so that lists ask again. */
  version = $state(0);
  #live: Live;
  #say: (notice: string) => void;
  #undos: Undo[] = [];

  constructor(live: Live, say: (notice: string) => void) {
    this.#live = live;
    this.#say = say;
  }

  /** Mark an incident, or with null take its mark away. */
  async set(id: string, mark: UserMark | null): Promise<void> {
    const before = await this.#mark(id, mark);
    const what = mark ? DONE[mark.kind] : 'Mark taken away';
    this.remember(what, async () => void (await this.#mark(id, before)));
    this.#say(`${what}. Undo with z`);
  }

  /** Acknowledge, or take the acknowledgement back. */
  async toggleAck(id: string, mark: UserMark | null): Promise<void> {
    await this.set(id, mark?.kind === 'ack' ? null : { kind: 'ack', atMs: Date.now() });
  }

  async snooze(id: string, hours: number): Promise<void> {
    const atMs = Date.now();
    await this.set(id, { kind: 'snooze', atMs, untilMs: atMs + hours * 3_600_000 });
  }

  /** Let `run` be what the next undo does. */
  remember(what: string, run: () => Promise<void>): void {
    this.#undos.push({ what, run });
    if (this.#undos.length > MAX_UNDOS) this.#undos.shift();
  }

  async undo(): Promise<void> {
    const undo = this.#undos.pop();
    if (!undo) return this.#say('Nothing to undo');
    await undo.run();
    this.#say(`Undone: ${undo.what.toLowerCase()}`);
  }

  async #mark(id: string, mark: UserMark | null): Promise<UserMark | null> {
    const before = await this.#live.ask((pipeline) => pipeline.mark(id, mark));
    this.version++;
    return before;
  }
}

const DONE: Readonly<Record<UserMark['kind'], string>> = {
  ack: 'Acknowledged',
  snooze: 'Snoozed',
  ignore: 'Ignored',
};

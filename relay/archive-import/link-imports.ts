import { setTimeout as sleep } from 'node:timers/promises';
import type { RoutingEvent } from '#core/event/event.ts';
import type { ImportStatus } from '#core/event/import-status.ts';
import { NO_IMPORT } from '#core/event/import-status.ts';
import type { ArchiveBases } from './layout.ts';

/** The archive's thread as seen from the relay (relay/archive/link.ts): it tells of itself once a second. */
export interface ImportingLink {
  readonly importing: ImportStatus;
  startImport(event: RoutingEvent, bases: ArchiveBases): Promise<boolean>;
  cancelImport(): void;
}

/** What was asked to end has ended within this, or is left alone. */
const CANCEL_MS = 10_000;
const LOOK_MS = 50;

/** Imports of events in the archive's thread; knows of what it began before the thread tells. */
export class LinkImports {
  readonly #link: ImportingLink;
  readonly #bases: ArchiveBases;
  #begun: ImportStatus = NO_IMPORT;

  constructor(link: ImportingLink, bases: ArchiveBases) {
    this.#link = link;
    this.#bases = bases;
  }

  get status(): ImportStatus {
    const told = this.#link.importing;
    return (told.startedMs ?? 0) < (this.#begun.startedMs ?? 0) ? this.#begun : told;
  }

  async start(event: RoutingEvent): Promise<boolean> {
    const { id, from, to } = event;
    const startedMs = Date.now();
    const isStarted = await this.#link.startImport(event, this.#bases);
    if (isStarted) this.#begun = { ...NO_IMPORT, state: 'listing', event: id, from, to, startedMs };
    return isStarted;
  }

  async cancel(): Promise<void> {
    this.#link.cancelImport();
    const untilMs = performance.now() + CANCEL_MS;
    const isRunning = (): boolean => ['listing', 'importing'].includes(this.status.state);
    while (isRunning() && performance.now() < untilMs) await sleep(LOOK_MS);
  }
}

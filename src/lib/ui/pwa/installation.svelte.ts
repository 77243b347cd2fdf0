/** What Chromium fires when the page can be installed; not in TypeScript's library. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<void>;
}

/** A page that stays open asks this often whether there is a new version. */
const CHECK_MS = 3_600_000;

/** The service worker and the installed app, as the page sees them. */
export class Installation {
  /** `ready`: the app works without the relay. `update`: a newer version waits. `replaced`: another tab has taken it. */
  state = $state<'none' | 'ready' | 'update' | 'replaced'>('none');
  /** The browser would install the app if asked. */
  canInstall = $state(false);

  #registration: ServiceWorkerRegistration | null = null;
  #install: InstallPromptEvent | null = null;
  #isAsked = false;

  /** Register the worker and follow what becomes of it. @returns the undo of the listeners. */
  follow(onReady: () => void): () => void {
    const off = new AbortController();
    const { signal } = off;
    addEventListener('beforeinstallprompt', (event) => this.#offer(event), { signal });
    addEventListener('appinstalled', () => (this.canInstall = false), { signal });
    const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    if (workers) {
      const wasControlled = workers.controller !== null;
      workers.addEventListener('controllerchange', () => this.#changed(wasControlled, onReady), { signal });
      void this.#register(workers, wasControlled);
      const timer = setInterval(() => void this.#registration?.update().catch(() => undefined), CHECK_MS);
      signal.addEventListener('abort', () => clearInterval(timer));
    }
    return () => off.abort();
  }

  async #register(workers: ServiceWorkerContainer, wasControlled: boolean): Promise<void> {
    try {
      const registration = await workers.register('/service-worker.js');
      this.#registration = registration;
      if (wasControlled) this.state = registration.waiting ? 'update' : 'ready';
      registration.addEventListener('updatefound', () => this.#watch(registration.installing));
      this.#watch(registration.installing);
    } catch {
      // Forbidden or failed: the page works as any page does, and the status page says that it needs the relay.
      this.state = 'none';
    }
  }

  #watch(worker: ServiceWorker | null): void {
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && navigator.serviceWorker.controller) this.state = 'update';
    });
  }

  #changed(wasControlled: boolean, onReady: () => void): void {
    if (this.#isAsked) location.reload();
    else if (wasControlled || this.state === 'ready') this.state = 'replaced';
    else {
      this.state = 'ready';
      onReady();
    }
  }

  #offer(event: Event): void {
    // Without this, mobile browsers show their own bar over the page.
    event.preventDefault();
    this.#install = event as InstallPromptEvent;
    this.canInstall = true;
  }

  /** Let the browser ask the user whether to install the app. */
  async install(): Promise<void> {
    this.canInstall = false;
    await this.#install?.prompt();
    this.#install = null;
  }

  /** Go over to the version that waits; the page loads again. */
  update(): void {
    if (this.state === 'replaced' || !this.#registration?.waiting) {
      location.reload();
      return;
    }
    this.#isAsked = true;
    this.#registration.waiting.postMessage({ type: 'take-over' });
  }
}

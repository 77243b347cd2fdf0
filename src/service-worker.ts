/// <reference types="@sveltejs/kit" />
/// <reference lib="webworker" />
import { build, files, version } from '$service-worker';

/**
 * The page without the relay. The whole app (its files, the event catalogue, the bundled recordings) is stored when it is
 * installed, under the version it belongs to, and served from there only: parts of two versions never meet. A new version
 * waits until the page asks for it. Engines (wasm) are big and seldom needed: they are stored the first time they are used.
 */
const sw = globalThis as unknown as ServiceWorkerGlobalScope;

const SHELL = `routescope-shell-${version}`;
/** Files with their hash in the name, so good for any version that names them. */
const ENGINES = 'routescope-engines';

const isEngine = (path: string): boolean => path.endsWith('.wasm') || /\/duckdb-[^/]*\.js$/.test(path);
const url = (path: string): string => new URL(path, sw.location.origin).href;

/** Answers every path that is a page of ours. */
const PAGE = new URL('./', sw.registration.scope).href;
const engines = new Set(build.filter(isEngine).map(url));
const shell = new Set([PAGE, ...build.filter((path) => !isEngine(path)).map(url), ...files.map(url)]);
/** The relay's own: data of now, never from a cache. As in relay/api/page.ts. */
const RELAY = /^\/(api|v1|stream|metrics|healthz|readyz|rpki|archive|openapi\.json)(\/|$)/;

sw.addEventListener('install', (event) => event.waitUntil(storeShell()));

async function storeShell(): Promise<void> {
  const cache = await caches.open(SHELL);
  // `reload`: past the HTTP cache, which may hold files of another version under the same name.
  await cache.addAll([...shell].map((href) => new Request(href, { cache: 'reload' })));
}

sw.addEventListener('activate', (event) => event.waitUntil(takeOver()));

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith('routescope-shell-') && name !== SHELL) await caches.delete(name);
  }
  const cache = await caches.open(ENGINES);
  for (const request of await cache.keys()) {
    if (!engines.has(request.url)) await cache.delete(request);
  }
  await sw.clients.claim();
}

sw.addEventListener('message', (event) => {
  if ((event.data as { type?: unknown } | null)?.type === 'take-over') void sw.skipWaiting();
});

sw.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== sw.location.origin || RELAY.test(pathname)) return;
  const href = origin + pathname;
  if (request.mode === 'navigate') event.respondWith(stored(SHELL, PAGE, request));
  else if (shell.has(href)) event.respondWith(stored(SHELL, href, request));
  else if (engines.has(href)) event.respondWith(storedOnUse(href, request));
});

/** What is stored; the network only when the browser threw the store away. */
async function stored(name: string, href: string, request: Request): Promise<Response> {
  const cache = await caches.open(name);
  return (await cache.match(href)) ?? fetch(request);
}

async function storedOnUse(href: string, request: Request): Promise<Response> {
  const cache = await caches.open(ENGINES);
  const found = await cache.match(href);
  if (found) return found;
  const response = await fetch(request);
  // A full disk must not cost the answer: it is stored the next time.
  if (response.status === 200) void cache.put(href, response.clone()).catch(() => undefined);
  return response;
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** How a request is mistreated; each is used up by one request. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** The connection ends after so many bytes of the body. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** A body that is longer than the length that was promised, or another length altogether. */
  | { readonly kind: 'length'; readonly promised: number }
  /** So many bytes, then silence. */
  | { readonly kind: 'stall'; readonly bytes: number }
  | { readonly kind: 'no-range' }
  /** The file is another one from now on. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'redirect'; readonly to: string };

export interface Mirror {
  readonly url: string;
  /** Requests so far, as `METHOD path range`. */
  readonly requests: string[];
  readonly agents: Set<string>;
  /** Most requests being answered at the same time. */
  readonly peak: () => number;
  /** What happens to the next requests for a path. */
  fault(path: string, ...faults: Fault[]): void;
  close(): Promise<void>;
}

export type MirrorFiles = Readonly<Record<string, Uint8Array>>;

/** Files of a folder as a mirror has them: under `prefix`, as many as `keep` lets through. */
export function folderFiles(
  folder: string,
  prefix: string,
  keep: (name: string) => boolean,
): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const name of readdirSync(folder).filter(keep))
    files[`${prefix}${name}`] = readFileSync(join(folder, name));
  return files;
}

/** A public archive on this machine: files by path, listings of their folders in the manner of Apache, Range, and faults. */
export async function startMirror(files: MirrorFiles): Promise<Mirror> {
  const faults = new Map<string, Fault[]>();
  const changed = new Set<string>();
  const requests: string[] = [];
  const agents = new Set<string>();
  let [open, peak] = [0, 0];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(`${request.method ?? ''} ${path} ${request.headers.range ?? ''}`.trim());
    agents.add(request.headers['user-agent'] ?? '');
    peak = Math.max(peak, ++open);
    response.on('close', () => open--);
    const fault = faults.get(path)?.shift() ?? null;
    if (fault?.kind === 'changed') changed.add(path);
    answer(request, response, path, files, changed.has(path), fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    agents,
    peak: () => peak,
    fault: (path, ...more) => void faults.set(path, [...(faults.get(path) ?? []), ...more]),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  files: MirrorFiles,
  isChanged: boolean,
  fault: Fault | null,
): void {
  if (fault?.kind === 'status') {
    const headers = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
    response.writeHead(fault.status, headers).end('no');
    return;
  }
  if (fault?.kind === 'redirect') {
    response.writeHead(302, { location: fault.to }).end();
    return;
  }
  if (path.endsWith('/')) return sendListing(response, path, files);
  const stored = files[path];
  if (!stored) return void response.writeHead(404).end('not found');
  const body = isChanged ? Buffer.from([...stored].reverse()) : Buffer.from(stored);
  sendFile(request, response, body, fault);
}

function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  fault: Fault | null,
): void {
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`;
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const ifRange = request.headers['if-range'];
  const isPart = range && (ifRange === undefined || ifRange === etag) && fault?.kind !== 'no-range';
  const start = isPart ? Number(range[1]) : 0;
  if (isPart && start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  const part = body.subarray(start);
  const headers: Record<string, string | number> = {
    etag,
    'content-type': 'application/octet-stream',
    'content-length': fault?.kind === 'length' ? fault.promised - start : part.length,
  };
  if (isPart) headers['content-range'] = `bytes ${start}-${body.length - 1}/${body.length}`;
  response.writeHead(isPart ? 206 : 200, headers);
  if (fault?.kind === 'cut') {
    response.write(part.subarray(0, fault.bytes), () => setTimeout(() => response.destroy(), 5));
  } else if (fault?.kind === 'stall') {
    response.write(part.subarray(0, fault.bytes));
  } else {
    response.on('error', () => undefined);
    response.end(part);
  }
}

/** As Apache's mod_autoindex writes it: sort links, a parent, and a row per entry. */
function sendListing(response: ServerResponse, path: string, files: MirrorFiles): void {
  const names = Object.keys(files)
    .filter((name) => name.startsWith(path) && !name.slice(path.length).includes('/'))
    .map((name) => name.slice(path.length))
    .sort();
  if (names.length === 0) return void response.writeHead(404).end('not found');
  const rows = names.map(
    (name) =>
      `<tr><td valign="top"><img src="/icons/compressed.gif" alt="[   ]"></td><td><a href="${name}">${name}</a></td>` +
      `<td align="right">2008-02-24 18:39  </td><td align="right">${files[path + name]!.length}</td></tr>`,
  );
  response.writeHead(200, { 'content-type': 'text/html;charset=UTF-8' }).end(
    `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN"><html><head><title>Index of ${path}</title></head><body>
     <h1>Index of ${path}</h1><table><tr><th><a href="?C=N;O=D">Name</a></th><th><a href="?C=M;O=A">Last modified</a></th></tr>
     <tr><td><a href="../">Parent Directory</a></td></tr>${rows.join('\n')}</table></body></html>`,
  );
}

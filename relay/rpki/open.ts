import type { DocumentOptions } from './document.ts';
import { FileUpstream, UrlUpstream } from './document.ts';
import { RoutinatorUpstream } from './routinator.ts';
import type { Upstream } from './upstream.ts';

/**
 * `http://host:8323/` (or its `/json`) is a Routinator, another address a JSON document in Routinator's or rpki-client's
 * shape, anything else a file of that shape. A Routinator tells itself when there is news, and does not say when VRPs
 * expire: options are for documents.
 */
export function openUpstream(source: string, options: DocumentOptions = {}): Upstream {
  if (!/^https?:\/\//i.test(source)) return new FileUpstream(source, options);
  const url = new URL(source);
  const base = routinatorBase(url);
  return base ? new RoutinatorUpstream(base) : new UrlUpstream(url, options);
}

/** Where the API of a Routinator is, or null when the address is a document's. */
function routinatorBase(url: URL): URL | null {
  if (url.search !== '' || !/(^|\/)(json)?$/.test(url.pathname)) return null;
  const base = new URL(url);
  base.pathname = url.pathname.replace(/json$/, '');
  base.hash = '';
  return base;
}

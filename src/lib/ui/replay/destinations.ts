import { canonicalPrefix } from '../query.ts';
import type { PanelName, ReplayLink } from './link.ts';
import { PANELS } from './link.ts';

/**
 * Where a link of a shared component leads inside a replay: an incident opens beside, a prefix is drawn, an AS is picked.
 * What else there is stays where one is.
 */
export function linkTo(link: ReplayLink, path: string): ReplayLink {
  const [, kind = '', rest = ''] = /^[/](incidents|prefix|as)[/]([^?]+)/.exec(path) ?? [];
  if (kind === 'incidents') return { ...link, incident: decodeURIComponent(rest) };
  if (kind === 'as') {
    const asn = Number(rest.replace(/^AS/i, ''));
    return Number.isInteger(asn) ? { ...link, asn, panels: withPanel(link.panels, 'graph') } : link;
  }
  const prefix = kind === 'prefix' ? canonicalPrefix(decodeURIComponent(rest)) : null;
  return prefix ? { ...link, graph: [prefix], panels: withPanel(link.panels, 'graph') } : link;
}

/** `panels` with one more, in their order. */
export function withPanel(panels: readonly PanelName[], panel: PanelName): PanelName[] {
  return PANELS.filter((name) => name === panel || panels.includes(name));
}

/** `panels` without one. */
export function withoutPanel(panels: readonly PanelName[], panel: PanelName): PanelName[] {
  return panels.filter((name) => name !== panel);
}

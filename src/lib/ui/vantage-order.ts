import type { VantageHealth } from '../../workers/api.ts';

/** Whether the session is up as far as is known: one that is sending without a known state is. */
export function isUp(vantage: Pick<VantageHealth, 'state'>): boolean {
  return vantage.state === 'established' || vantage.state === 'unknown';
}

/** The vantages of one collector in an order that stays put: those that are down first, then by ASN and address. */
export function vantagesOf(vantages: readonly VantageHealth[], collector: string): VantageHealth[] {
  return vantages
    .filter((vantage) => vantage.collector === collector)
    .sort(
      (a, b) =>
        Number(isUp(a)) - Number(isUp(b)) ||
        a.peerAsn - b.peerAsn ||
        (a.peerAddress < b.peerAddress ? -1 : Number(a.peerAddress > b.peerAddress)),
    );
}

const TONES = 7;

/** Which of the eight tones an origin has: the first seven origins one each, all others the last, grey. */
export function originTone(order: readonly number[], asn: number): number {
  const at = order.indexOf(asn);
  return at === -1 ? TONES : Math.min(at, TONES);
}

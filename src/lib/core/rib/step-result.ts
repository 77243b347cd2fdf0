/** What one step found. */
export interface StepResult {
  /** `OUTCOME` value per elem of the batch; the caller owns it. */
  readonly outcomes: Uint8Array<ArrayBuffer>;
  /** Global vantage id of each entry of the batch's vantage table, `NONE` where the state had no room. */
  readonly vantageIds: Uint32Array;
  /** With `trackDrops`: per elem, the origin of the route it replaced, withdrew or repeated; 0 for none. Else empty. */
  readonly previousOrigins: Uint32Array;
  /** With `trackDrops`: routes let go without an elem of their own, `DROP_WORDS` words each, in order. Else empty. */
  readonly drops: Uint32Array;
}

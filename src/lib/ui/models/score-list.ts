/** A stream in a list of scores. */
export interface ScoreListRow {
  readonly stream: string;
  /** Its cells, oldest first; NaN where nothing can be said. */
  readonly scores: Float32Array;
  readonly figure: string;
  /** The figure is over the threshold. */
  readonly isOver: boolean;
  readonly isAlarm: boolean;
  readonly title: string;
  /** What tests and scripts read. */
  readonly data: Readonly<Record<`data-${string}`, string | number>>;
}

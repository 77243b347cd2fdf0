/** What of ml-isolation-forest 0.1.0 is used: it ships no types. */
declare module 'ml-isolation-forest' {
  /** A node keeps its rows only as a leaf. */
  export interface TreeNode {
    left?: TreeNode;
    right?: TreeNode;
    splitColumn?: number;
    splitValue?: number;
    trainingSet?: number[][];
  }
  export class IsolationForest {
    constructor(options?: { nEstimators?: number });
    forest: TreeNode[];
    train(trainingSet: number[][]): void;
  }
}

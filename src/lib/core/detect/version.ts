/**
 * Version of the rules: detectors, scoring and their default parameters. Equal versions reach equal verdicts on equal elems, so
 * it grows with every change that may alter one. Links, bundles and stored incidents carry it.
 */
export const RULES_VERSION = 1;

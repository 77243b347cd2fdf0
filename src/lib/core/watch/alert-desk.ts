import type { Monitor } from './watch-list.ts';

/** What a monitor found in one elem. Findings of one monitor and id are one alert. */
export interface Finding {
  readonly monitor: Monitor;
  /** As BGPalerter builds it, with canonical prefixes: `15562-4-165.254.255.0/25`. */
  readonly id: string;
  /** The AS, prefix or trust anchor concerned. */
  readonly affected: string;
  /** CIDR; empty when it is not about a prefix. */
  readonly prefix: string;
  /** Held responsible; 0 when nobody is. */
  readonly culprit: number;
  /** Whose prefix or AS it is; 0 when not known. */
  readonly victim: number;
  readonly summary: string;
  /** Counted towards `minPeers`. */
  readonly peer: string;
  readonly minPeers: number;
  readonly label: string;
  readonly groups: readonly string[];
  readonly timeUs: number;
  /** Hops as announced; empty on withdrawals. */
  readonly path: readonly number[];
}

/** An alert to be told about: enough peers had the finding. */
export interface WatchAlert extends Omit<Finding, 'peer' | 'minPeers' | 'timeUs'> {
  readonly earliestUs: number;
  readonly latestUs: number;
  readonly peers: number;
  readonly findings: number;
}

export interface DeskOptions {
  /** Findings that never became an alert are forgotten this long after the first of them (BGPalerter: fadeOffSeconds). */
  readonly fadeOffUs: number;
  /** The same alert is not told again for so long (BGPalerter: notificationIntervalSeconds, 14,400 unless configured). */
  readonly repeatUs: number;
  /** Groups of findings under way, and alerts whose repetition is held back; the oldest goes first. */
  readonly maxGroups: number;
  readonly maxTold: number;
  /** Alerts that wait to be taken; the oldest goes first. */
  readonly maxAlerts: number;
}

export const DESK_OPTIONS: DeskOptions = {
  fadeOffUs: 360e6,
  repeatUs: 14_400e6,
  maxGroups: 20_000,
  maxTold: 50_000,
  maxAlerts: 10_000,
};

interface Group {
  readonly first: Finding;
  readonly peers: Set<string>;
  latestUs: number;
  findings: number;
}

/** Groups findings into alerts: enough distinct peers within the fade-off time, then silence for a while. */
export class AlertDesk {
  readonly #options: DeskOptions;
  readonly #groups = new Map<string, Group>();
  readonly #toldUs = new Map<string, number>();
  #alerts: WatchAlert[] = [];
  /** Groups and alerts let go for want of room, groups that never had enough peers, findings held back as repetition. */
  dropped = 0;
  faded = 0;
  repeated = 0;

  constructor(options: Partial<DeskOptions> = {}) {
    this.#options = { ...DESK_OPTIONS, ...options };
  }

  /** Alerts since the last call, in order. */
  take(): WatchAlert[] {
    const alerts = this.#alerts;
    this.#alerts = [];
    return alerts;
  }

  /** @returns the alert the finding completed, if it did. */
  add(finding: Finding): WatchAlert | null {
    const { fadeOffUs, repeatUs, maxGroups } = this.#options;
    const key = `${finding.monitor} ${finding.id}`;
    const toldUs = this.#toldUs.get(key);
    if (toldUs !== undefined && finding.timeUs <= toldUs + repeatUs) {
      this.repeated++;
      return null;
    }
    let group = this.#groups.get(key);
    if (group && finding.timeUs > group.first.timeUs + fadeOffUs) {
      this.#groups.delete(key);
      this.faded++;
      group = undefined;
    }
    if (!group) {
      group = { first: finding, peers: new Set(), latestUs: finding.timeUs, findings: 0 };
      this.#groups.set(key, group);
    }
    group.findings++;
    group.latestUs = Math.max(group.latestUs, finding.timeUs);
    if (group.peers.size < finding.minPeers || group.peers.size === 0) group.peers.add(finding.peer);
    if (group.peers.size >= finding.minPeers) return this.#tell(key, group);
    if (this.#groups.size > maxGroups) {
      this.#groups.delete(this.#groups.keys().next().value!);
      this.dropped++;
    }
    return null;
  }

  #tell(key: string, group: Group): WatchAlert {
    const { peer: _peer, minPeers: _minPeers, timeUs, ...what } = group.first;
    const alert = {
      ...what,
      earliestUs: Math.min(timeUs, group.latestUs),
      latestUs: group.latestUs,
      peers: group.peers.size,
      findings: group.findings,
    };
    this.#alerts.push(alert);
    if (this.#alerts.length > this.#options.maxAlerts) {
      this.#alerts.shift();
      this.dropped++;
    }
    this.#groups.delete(key);
    this.#toldUs.delete(key);
    this.#toldUs.set(key, group.latestUs);
    if (this.#toldUs.size > this.#options.maxTold) this.#toldUs.delete(this.#toldUs.keys().next().value!);
    return alert;
  }

  /** Forget what has faded, so that it does not take room. Call now and then with the time of the data. */
  tick(timeUs: number): void {
    for (const [key, group] of this.#groups) {
      // In order of their first findings, but for elems out of order.
      if (timeUs <= group.first.timeUs + this.#options.fadeOffUs) break;
      this.#groups.delete(key);
      this.faded++;
    }
    for (const [key, toldUs] of this.#toldUs) {
      if (timeUs <= toldUs + this.#options.repeatUs) break;
      this.#toldUs.delete(key);
    }
  }
}

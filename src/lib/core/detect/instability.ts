import type { Context, Detector, RouteEvent } from './detector.ts';
import { EVENT } from './detector.ts';

interface State {
  hour: number;
  /** By prefix id: changes and withdrawals in this hour, and changes per hour as they usually are. */
  changes: Uint32Array;
  withdrawals: Uint32Array;
  usual: Float32Array;
  /** By prefix id: peers that withdrew in this hour, hashed to 32 bits. */
  peers: Uint32Array;
  readonly flapping: Set<number>;
  readonly churning: Set<number>;
}

/** Weight of the newest hour in a prefix's usual rate. */
const NEWEST = 0.25;

/**
 * Prefixes that keep changing, by the hour of data time: flapping (withdrawn and announced again) and churn (any change)
 * against the prefix's own usual rate (bgp.tools: 100 times the baseline) and an absolute floor. Table transfers do not
 * count.
 */
export const instability: Detector<State> = {
  id: 'instability',
  needs: [],
  events: [EVENT.announce, EVENT.withdraw, EVENT.tick],
  learns: true,
  init: () => ({
    hour: -1,
    changes: new Uint32Array(1024),
    withdrawals: new Uint32Array(1024),
    usual: new Float32Array(1024),
    peers: new Uint32Array(1024),
    flapping: new Set(),
    churning: new Set(),
  }),
  step(state, event, context) {
    if (event.kind === EVENT.tick) return tick(state, event, context);
    if (event.isTransfer) return;
    const { prefix } = event;
    if (prefix >= state.changes.length) grow(state, prefix + 1);
    const { params } = context;
    const count = ++state.changes[prefix]!;
    if (count >= params.churnMinPerHour && count >= state.usual[prefix]! * params.churnFactor) {
      if (!state.churning.has(prefix))
        open(state.churning, 'churn', event, context, count, state.usual[prefix]!);
    }
    if (event.kind !== EVENT.withdraw) return;
    state.peers[prefix]! |= 1 << (context.facts.peerNumber(event.peerAsn) & 31);
    if (++state.withdrawals[prefix]! < params.flapMinPerHour || isSingle(state.peers[prefix]!)) return;
    if (!state.flapping.has(prefix))
      open(state.flapping, 'flapping', event, context, state.withdrawals[prefix]!, 0);
  },
};

function isSingle(bits: number): boolean {
  return (bits & (bits - 1)) === 0;
}

function open(
  set: Set<number>,
  type: 'flapping' | 'churn',
  event: RouteEvent,
  { emit, facts }: Context,
  perHour: number,
  usual: number,
): void {
  set.add(event.prefix);
  emit({
    type,
    group: type === 'churn' ? 'churn' : 'flap',
    prefix: event.prefix,
    culprit: 0,
    victim: 0,
    subject: facts.prefixes.text(event.prefix),
    tags: [{ name: type === 'churn' ? 'changes-over-its-usual' : 'withdrawn-and-back', score: 3 }],
    phase: 'open',
    detail: { perHour, usualPerHour: Math.round(usual), origin: event.path?.origin ?? 0 },
  });
}

function tick(state: State, event: RouteEvent, context: Context): void {
  const hour = Math.floor(event.timeS / 3600);
  if (hour === state.hour) return;
  state.hour = hour;
  close(state.churning, state.changes, context.params.churnMinPerHour, 'churn', context);
  close(state.flapping, state.withdrawals, context.params.flapMinPerHour, 'flapping', context);
  const { changes, usual } = state;
  for (let prefix = 0; prefix < changes.length; prefix++) {
    usual[prefix] = usual[prefix]! * (1 - NEWEST) + changes[prefix]! * NEWEST;
  }
  changes.fill(0);
  state.withdrawals.fill(0);
  state.peers.fill(0);
}

/** Close what stayed under the threshold for the whole hour. */
function close(
  set: Set<number>,
  counts: Uint32Array,
  least: number,
  type: 'flapping' | 'churn',
  { emit, facts }: Context,
): void {
  for (const prefix of set) {
    if (counts[prefix]! >= least) continue;
    set.delete(prefix);
    const group = type === 'churn' ? 'churn' : 'flap';
    emit({
      type,
      group,
      prefix: -1,
      culprit: 0,
      victim: 0,
      subject: facts.prefixes.text(prefix),
      tags: [],
      phase: 'close',
    });
  }
}

function grow(state: State, needed: number): void {
  const size = Math.max(needed, state.changes.length * 2);
  const changes = new Uint32Array(size);
  changes.set(state.changes);
  const withdrawals = new Uint32Array(size);
  withdrawals.set(state.withdrawals);
  const usual = new Float32Array(size);
  usual.set(state.usual);
  const peers = new Uint32Array(size);
  peers.set(state.peers);
  Object.assign(state, { changes, withdrawals, usual, peers });
}

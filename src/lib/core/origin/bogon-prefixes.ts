import { PrefixSet } from '../prefix/prefix-set.ts';

/**
 * Address space that must not be announced, by the IANA special-purpose registries (RFC 6890 and updates). IPv6 lists what
 * lies outside 2000::/3 as well as what is special inside it.
 */
const BOGONS: readonly string[] = [
  '0.0.0.0/8', // RFC 791 this network
  '10.0.0.0/8', // RFC 1918
  '100.64.0.0/10', // RFC 6598 shared
  '127.0.0.0/8', // RFC 1122 loopback
  '169.254.0.0/16', // RFC 3927 link local
  '172.16.0.0/12', // RFC 1918
  '192.0.0.0/24', // RFC 6890
  '192.0.2.0/24', // RFC 5737 documentation
  '192.168.0.0/16', // RFC 1918
  '198.18.0.0/15', // RFC 2544 benchmarking
  '198.51.100.0/24', // RFC 5737
  '203.0.113.0/24', // RFC 5737
  '224.0.0.0/4', // RFC 5771 multicast
  '240.0.0.0/4', // RFC 1112 reserved
  '::/8', // RFC 4291
  '100::/64', // RFC 6666 discard
  '200::/7', // RFC 4048
  '400::/6',
  '800::/5',
  '1000::/4',
  '2001:2::/48', // RFC 5180
  '2001:10::/28', // RFC 4843
  '2001:20::/28', // RFC 7343
  '2001:db8::/32', // RFC 3849
  '3ffe::/16', // RFC 3701
  '3fff::/20', // RFC 9637
  '4000::/3',
  '5f00::/16', // RFC 9602
  '6000::/3',
  '8000::/1', // with fc00::/7, fe80::/10, ff00::/8
];

const SET = new PrefixSet(BOGONS);

/** Whether the prefix lies in special-purpose space. Covering it, as a default route does, is not enough. */
export function isBogonPrefix(isV6: boolean, bits: number, words: ArrayLike<number>, at = 0): boolean {
  return SET.covers(isV6 ? 1 : 0, bits, words, at);
}

import type { ElemBatch } from '../elem/batch.ts';
import { BgpError } from '../error.ts';
import { decodeAttrSets, encodeAttrSets } from './attributes.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { decodeElems, encodeElems } from './groups.ts';
import { decodeLists, encodeLists, MAX_LIST_WORDS } from './lists.ts';
import { decodePaths, encodePaths } from './paths.ts';
import { decodePrefixes, encodePrefixes } from './prefixes.ts';
import {
  decodeAddresses,
  decodeCollectors,
  decodeVantages,
  encodeAddresses,
  encodeCollectors,
  encodeVantages,
} from './tables.ts';

/** Most elems in one batch on the wire. */
export const MAX_BATCH_ELEMS = 1_048_576;
/** Most entries in any one table of a batch. */
const MAX_TABLE = MAX_BATCH_ELEMS;
const MAX_LABEL = 0xf_ffff;

/**
 * The bytes of a batch, docs/wire.md §6: made to shrink well under deflate afterwards. `decodeBatch` gives back equal
 * columns and tables in the same order.
 *
 * @throws {BgpError} WIRE_TOO_LARGE over `MAX_BATCH_ELEMS`, over `MAX_LIST_WORDS` in one table, or a name over 255 bytes
 */
export function encodeBatch(batch: ElemBatch): Uint8Array<ArrayBuffer> {
  if (batch.length > MAX_BATCH_ELEMS) throw new BgpError('WIRE_TOO_LARGE', `${batch.length} elems`);
  for (const { words } of [batch.paths, batch.communities, batch.extCommunities, batch.largeCommunities]) {
    if (words.length > MAX_LIST_WORDS)
      throw new BgpError('WIRE_TOO_LARGE', `${words.length} words of one table`);
  }
  const writer = new ByteWriter();
  encodeCollectors(writer, batch.collectors);
  encodeAddresses(writer, batch.addresses);
  encodeVantages(writer, batch.vantages);
  encodePrefixes(writer, batch.prefixes);
  encodePaths(writer, batch.paths, batch.vantages.asn);
  encodeLists(writer, batch.communities);
  encodeLists(writer, batch.extCommunities);
  encodeLists(writer, batch.largeCommunities);
  encodeLists(writer, batch.labelStacks);
  encodeAttrSets(writer, batch);
  encodeElems(writer, batch);
  return writer.take();
}

/**
 * The batch in `bytes`. Nothing in them is trusted: counts are bounded by the bytes left, indexes by their tables.
 *
 * @throws {BgpError} WIRE_BAD_FRAME
 */
export function decodeBatch(bytes: Uint8Array): ElemBatch {
  const reader = new ByteReader(bytes);
  const collectors = decodeCollectors(reader, MAX_TABLE);
  const addresses = decodeAddresses(reader, MAX_TABLE);
  const vantages = decodeVantages(reader, MAX_TABLE, collectors.length, addresses.length);
  const prefixes = decodePrefixes(reader, MAX_TABLE);
  const paths = decodePaths(reader, MAX_TABLE, vantages.asn);
  const communities = decodeLists(reader, MAX_TABLE, 1);
  const extCommunities = decodeLists(reader, MAX_TABLE, 2);
  const largeCommunities = decodeLists(reader, MAX_TABLE, 3);
  const labelStacks = decodeLists(reader, MAX_TABLE, 1, MAX_LABEL);
  const attrSets = decodeAttrSets(reader, MAX_TABLE, {
    addresses: addresses.length,
    paths,
    communities: communities.length,
    extCommunities: extCommunities.length,
    largeCommunities: largeCommunities.length,
  });
  const elems = decodeElems(
    reader,
    {
      vantages: vantages.length,
      prefixes: prefixes.length,
      attrSets: attrSets.length,
      labelStacks: labelStacks.length,
    },
    MAX_BATCH_ELEMS,
  );
  if (reader.left !== 0) throw reader.error(`${reader.left} bytes too many`);
  return {
    ...elems,
    collectors,
    addresses,
    vantages,
    prefixes,
    attrSets,
    paths,
    communities,
    extCommunities,
    largeCommunities,
    labelStacks,
  };
}

import { ELEM_FLAG, KIND, NONE } from '../elem/batch.ts';
import type { BatchBuilder } from '../elem/builder.ts';
import { CommonAttributes } from './common-attributes.ts';
import { pushIpv4 } from './ipv4-run.ts';
import { countIpv4 } from './nlri.ts';
import type { UpdateContext, UpdateStats } from './update-context.ts';

/**
 * Decodes what most UPDATE messages are: sound, of plain IPv4 routes and everyday attributes. It looks before it leaps: a
 * message of any other kind is left, untouched, to `UpdateDecoder`'s general way, which would give the same for these.
 */
export class CommonUpdateDecoder {
  readonly #builder: BatchBuilder;
  readonly #stats: UpdateStats;
  readonly #attributes: CommonAttributes;

  constructor(builder: BatchBuilder, stats: UpdateStats) {
    this.#builder = builder;
    this.#stats = stats;
    this.#attributes = new CommonAttributes(builder);
  }

  /**
   * Decode the UPDATE body `bytes[at .. end)`; `view` shows the same bytes.
   * @returns false, nothing pushed and nothing counted, for a message that is not a common one.
   */
  decode(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    end: number,
    context: Readonly<UpdateContext>,
  ): boolean {
    if (context.addPath || end - at < 4) return false;
    // 0: withdrawn length u16, withdrawn routes   then: attributes length u16, attributes   rest: NLRI
    const withdrawnAt = at + 2;
    const withdrawnEnd = withdrawnAt + view.getUint16(at);
    const attrsAt = withdrawnEnd + 2;
    if (attrsAt > end) return false;
    const attrsEnd = attrsAt + view.getUint16(withdrawnEnd);
    if (attrsEnd > end) return false;
    const withdrawn = countIpv4(bytes, withdrawnAt, withdrawnEnd);
    const announced = countIpv4(bytes, attrsEnd, end);
    // Neither is End-of-RIB (RFC 4724 §2) or a message of the multiprotocol attributes alone.
    if (withdrawn < 0 || announced < 0 || withdrawn + announced === 0) return false;
    let attrs = NONE;
    if (announced > 0) {
      attrs = this.#attributes.intern(view, attrsAt, attrsEnd, context.as4 ? 4 : 2);
      if (attrs === -1) return false;
    } else if (attrsAt !== attrsEnd) {
      return false;
    }
    this.#stats.updates++;
    const builder = this.#builder;
    const first = ELEM_FLAG.first;
    if (withdrawn > 0)
      pushIpv4(
        builder,
        bytes,
        view,
        withdrawnAt,
        withdrawnEnd,
        withdrawn,
        KIND.withdraw,
        NONE,
        first,
        context,
      );
    if (announced > 0) {
      const flag = withdrawn > 0 ? 0 : first;
      pushIpv4(builder, bytes, view, attrsEnd, end, announced, KIND.announce, attrs, flag, context);
    }
    return true;
  }
}

import { type DescMessage, type MessageShape, mergeFromBinary, toBinary } from '@bufbuild/protobuf';

/**
 * What a message holds beyond the modelled fields, as bytes: doc strings, metadata, fields of a newer format. The caller
 * clears the modelled fields first. Undefined when nothing is left.
 */
export function residueOf<Desc extends DescMessage>(
  schema: Desc,
  rest: MessageShape<Desc>,
): Uint8Array | undefined {
  const bytes = toBinary(schema, rest);
  return bytes.length === 0 ? undefined : bytes;
}

/** Returns `message` with the residue merged into it; it is changed in place. */
export function withResidue<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
  residue: Uint8Array | undefined,
): MessageShape<Desc> {
  return residue === undefined ? message : mergeFromBinary(schema, message, residue);
}

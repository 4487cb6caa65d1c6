/**
 * The status that OTLP's refusals carry as their body.
 * https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
export interface Status {
  /** gRPC's code, 0 to 16. */
  readonly code: number;
  readonly message: string;
}

const HIGHEST_CODE = 16;
/**
 * The two fields of google.rpc.Status that matter, as protobuf marks them: number and wire type.
 */
const FIELD = { code: 0x08, message: 0x12 } as const;

/**
 * Reads the status in a body of this content type; undefined where it holds none, as a gateway's
 * page.
 */
export function readStatus(body: Uint8Array, contentType: string): Status | undefined {
  const status = /json/.test(contentType)
    ? fromJson(body)
    : /protobuf/.test(contentType)
      ? fromProtobuf(body)
      : undefined;
  return status !== undefined && status.code >= 0 && status.code <= HIGHEST_CODE
    ? status
    : undefined;
}

function fromJson(body: Uint8Array): Status | undefined {
  try {
    const { code, message } = JSON.parse(Buffer.from(body).toString()) ?? {};
    return Number.isInteger(code) && typeof message === 'string' ? { code, message } : undefined;
  } catch {
    return undefined;
  }
}

/** A code, then a message; the rest, details, is not read. */
function fromProtobuf(body: Uint8Array): Status | undefined {
  if (body[0] !== FIELD.code || body.length < 2) return undefined;
  const code = body[1]!;
  if (body.length === 2) return { code, message: '' };
  if (body[2] !== FIELD.message) return undefined;
  const [length, start] = varint(body, 3);
  if (start + length > body.length) return undefined;
  return { code, message: Buffer.from(body.subarray(start, start + length)).toString() };
}

/** A number in groups of seven bits, and the position behind it. */
function varint(body: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  let shift = 0;
  for (let at = from; at < body.length && shift < 28; at++, shift += 7) {
    value |= (body[at]! & 0x7f) << shift;
    if (body[at]! < 0x80) return [value, at + 1];
  }
  return [Number.POSITIVE_INFINITY, from];
}

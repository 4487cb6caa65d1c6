/** The smallest normal double. What is smaller shares its bucket. */
const SMALLEST = 2 ** -1022;
/** Up to this scale a bucket is looked up; a logarithm takes three times as long. */
const LOOKED_UP = 6;
const STEPS = 2 ** LOOKED_UP;
/** By the first eight bits of a mantissa: the bucket that holds, or is before, what they begin. */
const guesses = Uint8Array.from({ length: 256 }, (_, bits) =>
  Math.max(0, byLogarithm(1 + bits / 256, LOOKED_UP)),
);

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which of the two words has the sign, the exponent and the mantissa's first 20 bits. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const MANTISSA = 0xfffff;

/** The upper bound of each bucket from 1 to 2: the mantissa's first 20 bits, and the others. */
const highs = new Uint32Array(STEPS);
const lows = new Uint32Array(STEPS);
for (let i = 0; i < STEPS; i++) {
  double[0] = 2 ** ((i + 1) / STEPS);
  // Of 2 itself the mantissa is 0 again.
  highs[i] = i + 1 < STEPS ? words[HIGH]! & MANTISSA : MANTISSA + 1;
  lows[i] = words[1 - HIGH]!;
}

/**
 * The bucket of a finite value above 0 in a base-2 exponential histogram of this scale (at most
 * 20): bucket `i` holds values in (b^i, b^(i+1)] with b = 2^(2^-scale).
 */
export function bucketOf(value: number, scale: number): number {
  const normal = Math.max(value, SMALLEST);
  if (scale > LOOKED_UP) return byLogarithm(normal, scale);
  // Words are compared, not put together again: a processor that reads a double of which half was
  // just written waits until all earlier writes have reached the memory.
  double[0] = normal;
  const high = words[HIGH]!;
  const low = words[1 - HIGH]!;
  const mantissa = high & MANTISSA;
  const guess = guesses[mantissa >>> 12]!;
  const isAbove = mantissa > highs[guess]! || (mantissa === highs[guess]! && low > lows[guess]!);
  // A power of two is the upper end of the bucket before.
  const bucket = mantissa === 0 && low === 0 ? -1 : isAbove ? guess + 1 : guess;
  return (((high >>> 20) - 1023) * STEPS + bucket) >> (LOOKED_UP - scale);
}

function byLogarithm(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * (1 << scale)) - 1;
}

/** The smallest normal double. What is smaller shares its bucket. */
const SMALLEST = 2 ** -1022;
/** Up to this scale a bucket is looked up; a logarithm takes three times as long. */
const LOOKED_UP = 6;
const STEPS = 2 ** LOOKED_UP;
/** The lower bound of each bucket from 1 to 2, and 2. */
const bounds = Float64Array.from({ length: STEPS + 1 }, (_, i) => 2 ** (i / STEPS));
/** By the first eight bits of a mantissa: the bucket that holds, or is before, what they begin. */
const guesses = Uint8Array.from({ length: 256 }, (_, bits) =>
  Math.max(0, byLogarithm(1 + bits / 256, LOOKED_UP)),
);

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which of the two words has the sign, the exponent and the mantissa's first bits. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;
const EXPONENT_OF_ONE = 0x3ff00000;

/**
 * The bucket of a finite value above 0 in a base-2 exponential histogram of this scale (at most
 * 20): bucket `i` holds values in (b^i, b^(i+1)] with b = 2^(2^-scale).
 */
export function bucketOf(value: number, scale: number): number {
  const normal = Math.max(value, SMALLEST);
  if (scale > LOOKED_UP) return byLogarithm(normal, scale);
  double[0] = normal;
  const high = words[HIGH]!;
  const exponent = (high >>> 20) - 1023;
  words[HIGH] = (high & 0xfffff) | EXPONENT_OF_ONE;
  const mantissa = double[0];
  const guess = guesses[(high >>> 12) & 0xff]!;
  const bucket = mantissa > bounds[guess + 1]! ? guess + 1 : guess;
  // A power of two is the upper end of the bucket before.
  return (exponent * STEPS + (mantissa === 1 ? -1 : bucket)) >> (LOOKED_UP - scale);
}

function byLogarithm(value: number, scale: number): number {
  return Math.ceil(Math.log2(value) * (1 << scale)) - 1;
}

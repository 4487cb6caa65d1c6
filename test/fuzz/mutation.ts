import { setImmediate as immediate } from 'node:timers/promises';

/** A number from 0 up to but without `below`. */
export type Random = (below: number) => number;

/** What came of the inputs. */
export interface FuzzResult {
  read: number;
  refused: number;
  /** Anything else that was thrown. */
  surprises: string[];
}

/** A small generator of numbers that can be repeated (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The bytes with one to four changes: a byte or a bit of another value, some left out, some twice, a piece put in, the end cut off. */
export function mutate(bytes: Buffer, pieces: readonly string[], random: Random): Buffer {
  let mutated = Buffer.from(bytes);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(mutated.length + 1);
    const [before, behind] = [mutated.subarray(0, at), mutated.subarray(at)];
    const [what, length] = [random(6), random(16)];
    if (what === 0 && at < mutated.length) mutated[at] = random(256);
    else if (what === 1 && at < mutated.length) mutated[at]! ^= 1 << random(8);
    else if (what === 2) mutated = Buffer.concat([before, behind.subarray(length)]);
    else if (what === 3) mutated = Buffer.concat([before, mutated.subarray(random(at + 1))]);
    else if (what === 4)
      mutated = Buffer.concat([
        before,
        Buffer.from(pieces[random(pieces.length)]!, 'latin1'),
        behind,
      ]);
    else mutated = Buffer.from(before);
  }
  return mutated;
}

/** Inputs between two turns of the event loop, in which Node lets go of what failed calls of zlib held. */
const TURN = 10_000;

/** Runs a fuzzer with the inputs and the seed of the command line; the exit code is 1 when anything surprised or half a GiB was kept. */
export async function fuzz(run: (inputs: number, seed: number) => FuzzResult): Promise<void> {
  const inputs = Number(process.argv[2] ?? 1_000_000);
  const seed = Number(process.argv[3] ?? Date.now() % 2 ** 32);
  const before = process.memoryUsage().rss;
  const sum: FuzzResult = { read: 0, refused: 0, surprises: [] };
  for (let done = 0; done < inputs; done += TURN) {
    const { read, refused, surprises } = run(Math.min(TURN, inputs - done), seed + done);
    sum.read += read;
    sum.refused += refused;
    sum.surprises.push(...surprises);
    await immediate();
  }
  const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
  const { read, refused, surprises } = sum;
  console.log(
    `seed ${seed}: ${read} read, ${refused} refused, ${surprises.length} surprises; memory grew by ${grown} MiB`,
  );
  for (const surprise of surprises.slice(0, 20)) console.log(surprise);
  process.exitCode = surprises.length > 0 || grown > 512 ? 1 : 0;
}

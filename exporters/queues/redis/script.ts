import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/**
 * Commands missing in ioredis' types. `callBuffer` breaks connections with auto-pipelining. Keys
 * and arguments go as a list, which ioredis flattens: a call of a function takes 100,000 at most.
 */
interface Scripting {
  evalshaBuffer(sha: string, keyCount: number, rest: readonly unknown[]): Promise<unknown>;
  evalBuffer(lua: string, keyCount: number, rest: readonly unknown[]): Promise<unknown>;
}

/** A Lua script: one atomic step, even if its client goes away. Answers texts as Buffers. */
export class Script {
  readonly #lua: string;
  readonly #sha: string;

  constructor(lua: string) {
    this.#lua = lua;
    this.#sha = createHash('sha1').update(lua).digest('hex');
  }

  async run(
    redis: Redis,
    keys: readonly string[],
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const rest = [...keys, ...args];
    const scripting = redis as unknown as Scripting;
    try {
      return await scripting.evalshaBuffer(this.#sha, keys.length, rest);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return scripting.evalBuffer(this.#lua, keys.length, rest);
    }
  }
}

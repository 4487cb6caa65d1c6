import { type FileHandle, open, stat } from 'node:fs/promises';

const NEWLINE = 0x0a;

/** A file that grows line by line, each batch in one write, and that others may rotate. */
export class LineFile {
  readonly filename: string;
  readonly #sync: boolean;
  #handle: FileHandle | undefined;
  #identity = '';
  #turn: Promise<void> = Promise.resolve();

  /** @param sync whether a batch is on the disk, not only with the system, when `append` resolves. */
  constructor(filename: string, sync: boolean) {
    this.filename = filename;
    this.#sync = sync;
  }

  /** Appends whole lines, after those of an earlier call that is still under way; not at all if the signal was aborted by then. */
  append(lines: string, signal: AbortSignal): Promise<void> {
    const appended = this.#turn.then(() => {
      signal.throwIfAborted();
      return this.#append(lines);
    });
    this.#turn = appended.catch(() => {});
    return appended;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** After an error the file is opened anew, so that a line that was cut is ended first. */
  async #append(lines: string): Promise<void> {
    try {
      const handle = await this.#current();
      await writeAll(handle, Buffer.from(lines));
      if (this.#sync) await handle.datasync();
    } catch (error) {
      await this.close().catch(() => {});
      throw error;
    }
  }

  /** The handle, opened again if the name now stands for another file: a rotated log. */
  async #current(): Promise<FileHandle> {
    if (this.#handle !== undefined && (await this.#named()) === this.#identity) return this.#handle;
    await this.close();
    const handle = await open(this.filename, 'a+');
    this.#handle = handle;
    this.#identity = identityOf(await handle.stat({ bigint: true }));
    await endLine(handle);
    return handle;
  }

  async #named(): Promise<string> {
    try {
      return identityOf(await stat(this.filename, { bigint: true }));
    } catch {
      return '';
    }
  }
}

const identityOf = ({ dev, ino }: { dev: bigint; ino: bigint }): string => `${dev} ${ino}`;

/** A process that died in the middle of a line must not spoil the next one. */
async function endLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat();
  if (size === 0) return;
  const last = Buffer.alloc(1);
  const { bytesRead } = await handle.read(last, 0, 1, size - 1);
  if (bytesRead === 1 && last[0] !== NEWLINE) await writeAll(handle, Buffer.of(NEWLINE));
}

/** The system may take a part at a time. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, from, bytes.length - from);
    from += bytesWritten;
  }
}

/** How much of a file's end is read again: more than the lines that others may have added since. */
const TAIL = 1_048_576;

/** Whether the line of a report with this id stands near the end of a file. */
export async function hasLine(filename: string, id: string): Promise<boolean> {
  const handle = await open(filename, 'r');
  try {
    const { size } = await handle.stat();
    const tail = Buffer.alloc(Math.min(size, TAIL));
    await handle.read(tail, 0, tail.length, size - tail.length);
    return tail.includes(`"id":${JSON.stringify(id)}`);
  } finally {
    await handle.close();
  }
}

import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';

/** Mapped memory: never unmapped, since touching a view of unmapped memory ends the process. */
export interface Mapped {
  readonly buffer: ArrayBuffer;
  /** The address in this process; other threads of it make a view with `viewAt`. */
  readonly address: bigint;
  /** Takes the file away from under the views: they show private zeros from now on. */
  detach(): void;
}

/** The functions of the C library that the cells need. */
export interface Native {
  /**
   * Maps the first `bytes` of an open file, shared and writable. More than the file has is allowed
   * as long as it is not touched.
   */
  map(fd: number, bytes: number): Mapped;
  /** A view of memory that another thread of this process mapped. */
  viewAt(address: bigint, bytes: number): ArrayBuffer;
  /**
   * Takes the lock on an open file, to be kept until it is closed. `false`: another process has it.
   */
  lock(fd: number): boolean;
  /** True if another process holds the lock now. */
  isLocked(fd: number): boolean;
  /** The system's number of the calling thread; `undefined` where there is none. */
  thread(): number | undefined;
}

type CFunction = (...args: unknown[]) => unknown;
interface Library {
  func(signature: string): CFunction;
}
interface Koffi {
  load(path: null): Library;
  view(pointer: bigint, bytes: number): ArrayBuffer;
  errno(): number;
  os: { errno: Record<string, number> };
}

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
// MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS: the last has another number on each system.
const MAP_OVER: Partial<Record<NodeJS.Platform, number>> = { linux: 0x32, darwin: 0x1012 };
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;

let loaded: Native | Error | undefined;

/**
 * The C library through koffi, loaded at the first call (15 to 30 ms) and never at import.
 * @throws Error that says what is missing: the package koffi, or a system where files can be mapped
 * this way.
 */
export function native(): Native {
  if (loaded === undefined) {
    try {
      loaded = load();
    } catch (error) {
      loaded = error as Error;
    }
  }
  if (loaded instanceof Error) throw loaded;
  return loaded;
}

function load(): Native {
  const over = MAP_OVER[process.platform];
  if (over === undefined)
    throw new Error(`mapped cells need Linux or macOS, not ${process.platform}`);
  return new CLibrary(loadKoffi(), over);
}

/** The C library of this process. */
class CLibrary implements Native {
  readonly #koffi: Koffi;
  readonly #over: number;
  readonly #library: Library;
  readonly #mmap: CFunction;
  readonly #flock: CFunction;

  /** @param over the flags that put private memory over a mapping. */
  constructor(koffi: Koffi, over: number) {
    this.#koffi = koffi;
    this.#over = over;
    this.#library = koffi.load(null);
    this.#mmap = this.#library.func(
      'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
    );
    this.#flock = this.#library.func('int flock(int fd, int operation)');
  }

  map(fd: number, bytes: number): Mapped {
    const address = this.#mapAt(null, bytes, MAP_SHARED, fd);
    return {
      address,
      buffer: this.viewAt(address, bytes),
      detach: () => void this.#mapAt(address, bytes, this.#over, -1),
    };
  }

  viewAt(address: bigint, bytes: number): ArrayBuffer {
    return this.#koffi.view(address, bytes);
  }

  lock(fd: number): boolean {
    return this.#tryLock(fd, LOCK_EX);
  }

  isLocked(fd: number): boolean {
    if (!this.#tryLock(fd, LOCK_SH)) return true;
    this.#flock(fd, LOCK_UN);
    return false;
  }

  thread(): number | undefined {
    try {
      return this.#library.func('int gettid()')() as number;
    } catch {
      return undefined;
    }
  }

  #mapAt(address: bigint | null, bytes: number, flags: number, fd: number): bigint {
    const pointer = this.#mmap(address, bytes, PROT_READ_WRITE, flags, fd, 0) as bigint;
    return pointer === MAP_FAILED ? this.#fail('mmap') : pointer;
  }

  #tryLock(fd: number, operation: number): boolean {
    if (this.#flock(fd, operation | LOCK_NB) === 0) return true;
    const { EWOULDBLOCK, EAGAIN } = this.#koffi.os.errno;
    return [EWOULDBLOCK, EAGAIN].includes(this.#koffi.errno()) ? false : this.#fail('flock');
  }

  #fail(call: string): never {
    const errno = this.#koffi.errno();
    const names = Object.entries(this.#koffi.os.errno);
    const code = names.find(([, number]) => number === errno)?.[0] ?? errno;
    throw Object.assign(new Error(`${call} failed: ${code}`), { code });
  }
}

function loadKoffi(): Koffi {
  try {
    return createRequire(ownFile())('koffi') as Koffi;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Error(
      code === 'MODULE_NOT_FOUND'
        ? 'mapped cells need the package koffi: run `npm install koffi@^3`'
        : `the package koffi cannot be loaded: ${message}`,
      { cause },
    );
  }
}

/** This file, or the bundle that it became a part of; a bundle of CommonJS has no `import.meta`. */
function ownFile(): string {
  // Of code that is evaluated (`node -e`, an evaluated worker thread) the name is not a path.
  if (typeof __filename === 'string' && isAbsolute(__filename)) return __filename;
  return import.meta.url ?? join(process.cwd(), 'index.js');
}

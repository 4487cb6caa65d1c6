import type { OnProblem, Problem } from '../problems/problem.js';
import { tell } from '../problems/tell.js';
import { withoutSecrets } from './secrets.js';

/** More kinds than this are not told: their names come from stores. */
const MAX_KINDS = 1_000;
const MAX_MESSAGE_CHARACTERS = 1_000;

/** The component that tells problems. */
export interface Teller {
  readonly name: string;
  readonly target?: string | undefined;
  readonly secrets?: () => readonly string[];
  readonly onProblem?: OnProblem | undefined;
}

/** Details of a problem. */
export interface ProblemDetails {
  /** The kind of problem that is told only once; default: the code. */
  readonly kind?: string;
  readonly remedy?: string | undefined;
  readonly cause?: Error | undefined;
}

/**
 * The problems of one component: each kind is told once, without secrets, and again after it was
 * {@link Problems.over}.
 */
export class Problems {
  readonly #name: string;
  readonly #secrets: () => readonly string[];
  readonly #openKinds = new Set<string>();
  /** The address without secrets. */
  readonly target: string | undefined;
  #onProblem: OnProblem | undefined;

  constructor({ name, target, secrets = () => [], onProblem }: Teller) {
    this.#name = name;
    this.#secrets = secrets;
    this.#onProblem = onProblem;
    this.target = target === undefined ? undefined : this.clean(target);
  }

  /** The component and its address, as messages begin. */
  get subject(): string {
    return this.target === undefined ? this.#name : `${this.#name} (${this.target})`;
  }

  /** Takes this component's problems, unless it has been given something that does. */
  get onProblem(): OnProblem | undefined {
    return this.#onProblem;
  }

  set onProblem(onProblem: OnProblem | undefined) {
    this.#onProblem ??= onProblem;
  }

  /** Tells a problem, unless one of its kind was told. */
  tell(code: string, text: string, { kind = code, remedy, cause }: ProblemDetails = {}): void {
    if (this.#openKinds.has(kind) || this.#openKinds.size >= MAX_KINDS) return;
    this.#openKinds.add(kind);
    this.#send(code, text, remedy, cause);
  }

  /** True if one of these kinds was told and is not over. */
  isTold(...kinds: readonly string[]): boolean {
    return kinds.some((kind) => this.#openKinds.has(kind));
  }

  /**
   * Kinds that will be told when they happen again. `text` tells of the recovery, if one of them
   * was told.
   */
  over(kinds: readonly string[], text?: string): void {
    const closed = kinds.filter((kind) => this.#openKinds.delete(kind));
    if (closed.length > 0 && text !== undefined) this.#send('KANEDA_RECOVERED', text);
  }

  /** The text without this component's secrets, at most 1,000 characters. */
  clean(text: string): string {
    const clean = withoutSecrets(text, this.#secrets());
    return clean.length > MAX_MESSAGE_CHARACTERS
      ? `${clean.slice(0, MAX_MESSAGE_CHARACTERS)}…`
      : clean;
  }

  #send(code: string, text: string, remedy?: string, cause?: Error): void {
    const problem: Problem = {
      code,
      message: withoutSecrets(`${this.subject}: ${text}`, this.#secrets()),
      ...(this.target === undefined ? {} : { target: this.target }),
      ...(remedy === undefined ? {} : { remedy: this.clean(remedy) }),
      ...(cause === undefined ? {} : { cause }),
    };
    tell(problem, this.#onProblem);
  }
}

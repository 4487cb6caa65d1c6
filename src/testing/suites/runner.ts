// biome-ignore lint/suspicious/noExplicitAny: every test runner has types of its own.
type Runs = (...given: any[]) => unknown;

/**
 * The functions of a test runner that a suite calls: those of mocha, jest or vitest, or
 * `import * as runner from 'node:test'`. Hooks are named `before` and `after`, or `beforeAll` and
 * `afterAll`.
 */
export interface TestRunner {
  /** Describes a group of cases. */
  describe: Runs;
  /** Describes a case. */
  it: Runs & { skip: Runs };
  /** Runs once before the cases (mocha, node:test). */
  before?: Runs;
  /** Runs once before the cases (jest, vitest). */
  beforeAll?: Runs;
  /** Runs once after the cases (mocha, node:test). */
  after?: Runs;
  /** Runs once after the cases (jest, vitest). */
  afterAll?: Runs;
  /** Runs before each case. */
  beforeEach: Runs;
  /** Runs after each case. */
  afterEach: Runs;
}

/** The functions that a suite calls, with any test runner. */
export interface Suite {
  /** A case; it has {@link CASE_TIMEOUT_MS}. */
  test(title: string, body: () => Promise<void>): void;
  /** A case that is not run, and why. */
  skip(title: string, reason: string): void;
  before(hook: (context: unknown) => unknown): void;
  after(hook: () => unknown): void;
  beforeEach(hook: () => unknown): void;
  afterEach(hook: () => unknown): void;
}

/** The time that a case may take. Brokers are killed and started again in some. */
export const CASE_TIMEOUT_MS = 90_000;

/**
 * Opens a suite in a test runner.
 * @param runner default: the global functions of mocha, jest, or vitest with `globals: true`.
 * @throws TypeError if there is no test runner.
 */
export function openSuite(
  title: string,
  body: (suite: Suite) => void,
  runner: Partial<TestRunner> = globalThis as Partial<TestRunner>,
): void {
  const found = completeRunner(runner);
  found.describe(title, function (this: MochaSuite | undefined) {
    // In mocha the limit of a suite is that of its hooks and cases.
    this?.timeout?.(CASE_TIMEOUT_MS);
    body(suiteOn(found));
  });
}

interface MochaSuite {
  timeout?(milliseconds: number): unknown;
}

type Found = Pick<TestRunner, 'describe' | 'it' | 'beforeEach' | 'afterEach'> & {
  before: Runs;
  after: Runs;
};

function completeRunner({
  describe,
  it,
  beforeEach,
  afterEach,
  ...hooks
}: Partial<TestRunner>): Found {
  const before = hooks.beforeAll ?? hooks.before;
  const after = hooks.afterAll ?? hooks.after;
  if (!describe || !it || !before || !after || !beforeEach || !afterEach)
    throw new TypeError(
      "The suite needs a test runner, and there are no global functions describe, it, beforeEach and so on. Give it as the last argument: import * as runner from 'node:test' (or from 'vitest').",
    );
  return { describe, it, before, after, beforeEach, afterEach };
}

const suiteOn = ({ it, before, after, beforeEach, afterEach }: Found): Suite => ({
  test: (title, body) => void it(title, () => body(), CASE_TIMEOUT_MS),
  skip: (title, reason) => void it.skip(`${title} (skipped: ${reason})`, () => undefined),
  before: (hook) =>
    void before(function (this: unknown) {
      return hook(this);
    }, CASE_TIMEOUT_MS),
  after: (hook) => void after(() => hook(), CASE_TIMEOUT_MS),
  beforeEach: (hook) => void beforeEach(() => hook(), CASE_TIMEOUT_MS),
  afterEach: (hook) => void afterEach(() => hook(), CASE_TIMEOUT_MS),
});

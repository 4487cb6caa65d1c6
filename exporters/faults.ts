/** One fault in options or settings: where it is, what is wrong, and what to do about it. */
export interface Fault {
  /** The option or setting, as the user wrote it: `outbox.maxBytes`, `ELASTIC_HSOT`. */
  readonly path: string;
  /** The fault in words: `must be a positive number`. */
  readonly reason: string;
  /** The advice: what to write instead, or what to run. */
  readonly remedy: string;
}

/** A fault as data: its kind and the options it is about. {@link describeFault} words it. */
export type OptionFault =
  /** The value of `path` is refused by its rule; `reason` is the rule's. */
  | { readonly kind: 'invalid'; readonly path: string; readonly reason: string }
  | { readonly kind: 'unknown'; readonly path: string; readonly suggestion: string }
  /**
   * All of `options`, or one of them, must be given; `remedy` replaces the list where it says more.
   */
  | {
      readonly kind: 'missing';
      readonly path: string;
      readonly options: readonly string[];
      readonly need: 'all' | 'one';
      readonly remedy?: string;
    }
  /** `path` stands beside one of `options`; one of `choices` may stay. */
  | {
      readonly kind: 'excludes';
      readonly path: string;
      readonly options: readonly string[];
      readonly choices: readonly string[];
    }
  /** `path` belongs to `owner`; where `holder` is given, its value goes into that. */
  | {
      readonly kind: 'needs';
      readonly path: string;
      readonly owner: string;
      readonly holder: string;
    }
  /** `path` does nothing as the other options are. */
  | {
      readonly kind: 'useless';
      readonly path: string;
      readonly reason: string;
      readonly remedy: (names: OptionNames) => string;
    };

/** The names of options as the user writes them: `host` in code, `ELASTIC_HOST` in settings. */
export interface OptionNames {
  /** The name of an option; undefined: it cannot be given there, as a client cannot in settings. */
  of(option: string): string | undefined;
  /** The verb for it: `pass` an option, `set` a setting. */
  readonly verb: 'pass' | 'set';
}

/** Options by their own names, as in code. */
export const OPTION_NAMES: OptionNames = { of: (option) => option, verb: 'pass' };

/** Words a fault. One that is worded already stays as it is. */
export function describeFault(fault: Fault | OptionFault, names = OPTION_NAMES): Fault {
  if (!('kind' in fault)) return fault;
  return { path: names.of(fault.path) ?? fault.path, ...wording(fault, names) };
}

function wording(fault: OptionFault, names: OptionNames): Omit<Fault, 'path'> {
  const { verb } = names;
  const list = (options: readonly string[], between: string): string =>
    options.flatMap((option) => names.of(option) ?? []).join(between);
  switch (fault.kind) {
    case 'invalid':
      return { reason: fault.reason, remedy: `correct or remove ${list([fault.path], '')}` };
    case 'unknown':
      return { reason: 'unknown', remedy: fault.suggestion };
    case 'missing':
      return {
        reason: 'missing',
        remedy:
          fault.remedy ??
          (fault.need === 'all'
            ? `${verb} both ${list(fault.options, ' and ')}`
            : `${verb} ${list(fault.options, ' or ')}`),
      };
    case 'excludes':
      return {
        reason: `excludes ${list(fault.options, ' and ')}`,
        remedy: `${verb} one of ${list(fault.choices, ', ')}`,
      };
    case 'needs':
      return {
        reason: `goes with ${list([fault.owner], '')}`,
        remedy: `write the ${fault.path} into ${list([fault.holder], '')}`,
      };
    case 'useless':
      return { reason: fault.reason, remedy: fault.remedy(names) };
  }
}

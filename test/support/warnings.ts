import type { Problem } from '../../exporters/problems/problem.js';

/** The process's own warnings from now on: those of type KanedaWarning, as `CODE message`. Ends with the function returned. */
export function kanedaWarnings(): { readonly texts: string[]; end(): Promise<readonly string[]> } {
  const texts: string[] = [];
  const keep = (warning: Error & { code?: string }): void => {
    if (warning.name === 'KanedaWarning') texts.push(`${warning.code} ${warning.message}`);
  };
  process.on('warning', keep);
  return {
    texts,
    // Node emits a warning in the next turn.
    async end() {
      await new Promise((resolve) => setImmediate(resolve));
      process.off('warning', keep);
      return texts;
    },
  };
}

/** Problems that an `onProblem` was given. */
export function problemsTaken(): { readonly taken: Problem[]; onProblem(problem: Problem): void } {
  const taken: Problem[] = [];
  return { taken, onProblem: (problem) => void taken.push(problem) };
}

/** Resolves to the word after a while: to race against an answer that must not come. */
export function silence(milliseconds: number): Promise<'silence'> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, 'silence'));
}

import { diag } from '@opentelemetry/api';
import { withoutSecrets } from './secrets.js';

/** What a component has to say to the operator: through OpenTelemetry's `diag`, each kind once, without secrets. */
export class Notices {
  readonly #said = new Set<string>();
  readonly #name: string;
  readonly #secrets: () => readonly string[];

  constructor(name: string, secrets: () => readonly string[]) {
    this.#name = name;
    this.#secrets = secrets;
  }

  error(kind: string, text: string): void {
    if (this.#first(kind)) diag.error(this.clean(`${this.#name}: ${text}`));
  }

  warn(kind: string, text: string): void {
    if (this.#first(kind)) diag.warn(this.clean(`${this.#name}: ${text}`));
  }

  /** The text without this component's secrets, at most 1 000 characters. */
  clean(text: string): string {
    const clean = withoutSecrets(text, this.#secrets());
    return clean.length > 1_000 ? `${clean.slice(0, 1_000)}…` : clean;
  }

  #first(kind: string): boolean {
    if (this.#said.has(kind)) return false;
    this.#said.add(kind);
    return true;
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromApt } from './install.js';

/** Where Linux distributions put each Java. */
const PLACE = '/usr/lib/jvm';

/**
 * The home of a Java of that major version or newer: `ES_JAVA_HOME`, else the newest of this machine, else the one that apt
 * installs.
 * @throws UnavailableError where there is none
 */
export async function javaSince(server: string, major: number): Promise<string> {
  const { ES_JAVA_HOME } = process.env;
  const homes = ES_JAVA_HOME === undefined ? [] : [ES_JAVA_HOME];
  const found = [...homes, ...newestFirst()].find((home) => majorOf(home) >= major);
  if (found !== undefined) return found;
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const program = `java-${major}-openjdk-${architecture}/bin/java`;
  const java = await fromApt(server, program, `openjdk-${major}-jre-headless`, PLACE);
  return dirname(dirname(java));
}

function newestFirst(): string[] {
  const homes = existsSync(PLACE) ? readdirSync(PLACE).map((name) => join(PLACE, name)) : [];
  return homes.sort((a, b) => majorOf(b) - majorOf(a));
}

/** The major version of the Java in that folder, 0 where there is none. */
function majorOf(home: string): number {
  const java = existsSync(join(home, 'bin', 'java')) && existsSync(join(home, 'release'));
  const release = java ? readFileSync(join(home, 'release'), 'utf8') : '';
  return Number(/^JAVA_VERSION="(\d+)/m.exec(release)?.[1] ?? 0);
}

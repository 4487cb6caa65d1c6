import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A shell that outlives us by a moment. It learns process groups, folders and Compose projects on its standard input; when
 * that closes, because this process ended in whatever way (kill -9 too), it kills and removes what is still on its list.
 */
const SCRIPT = `
trap '' INT TERM HUP
groups=' ' folders= projects=' '
while IFS= read -r line; do
  what=\${line#??}
  case $line in
    'g+'*) groups="$groups$what ";;
    'g-'*) groups="\${groups%% $what *} \${groups#* $what }";;
    'f+'*) folders="$folders$what
";;
    'p+'*) projects="$projects$what ";;
    'p-'*) projects="\${projects%% $what *} \${projects#* $what }";;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
for project in $projects; do docker compose --project-name "$project" down --volumes --timeout 1 >/dev/null 2>&1; done
printf %s "$folders" | while IFS= read -r folder; do rm -rf "$folder"; done
`;

let reaper: ChildProcess | undefined;

type Note = 'g+' | 'g-' | 'f+' | 'p+' | 'p-';

/** Tells the reaper: `g` a process group, `f` a folder, `p` a Compose project; `+` is ours, `-` is gone. */
export function note(what: Note, value: string | number): void {
  if (reaper === undefined) {
    reaper = spawn('/bin/sh', ['-c', SCRIPT], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    reaper.unref();
    const { stdin } = reaper;
    // An ended reaper must not end the tests.
    stdin?.on('error', () => {});
    if (stdin && 'unref' in stdin) (stdin as unknown as { unref(): void }).unref();
  }
  reaper.stdin?.write(`${what}${value}\n`);
}

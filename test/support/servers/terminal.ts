import { fromApt } from './install.js';

/** Runs a command on a terminal of so many columns: what it writes goes to standard output, what is typed comes from standard input. */
const RUNNER = `
import fcntl, os, pty, select, signal, struct, sys, termios
columns, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, int(columns), 0, 0))
    os.execvp(command[0], command)
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
sources = [terminal, 0]
while terminal in sources:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:  # The program has ended.
            data = b''
        if data:
            os.write(1 if source == terminal else terminal, data)
        else:
            sources.remove(source)
_, status = os.waitpid(pid, 0)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;

/**
 * The command that runs the one behind it on a terminal of so many columns.
 * @throws UnavailableError without Python 3, whose standard library has terminals
 */
export async function onTerminal(columns: number): Promise<string[]> {
  return [await fromApt('python', 'python3', 'python3'), '-c', RUNNER, String(columns)];
}

/** The lines that a terminal of so many columns shows, those that were scrolled away too; empty ones left out. */
export function shown(output: string, columns: number): string[] {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  const put = (character: string) => {
    if (column === columns) [row, column] = [row + 1, 0];
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are controlled by them
  for (const [token, count, command] of output.matchAll(/\x1b\[(\d*)([A-Za-z])|[\s\S]/g)) {
    if (command === 'A') row = Math.max(0, row - Number(count || 1));
    else if (command === 'G') column = Number(count || 1) - 1;
    else if (command === 'K') lines[row] = '';
    else if (command !== undefined)
      throw new Error(`a terminal's command that is not known here: ${JSON.stringify(token)}`);
    else if (token === '\r') column = 0;
    else if (token === '\n') row += 1;
    else put(token);
  }
  return Array.from(lines, (line) => (line ?? '').trimEnd()).filter((line) => line !== '');
}

import { readFileSync, writeFileSync } from 'node:fs';
import { transformSync } from 'esbuild';
import type { UserConfig } from 'tsdown';

const SOURCE = 'src/cli/board/page';
const UPLOT = 'node_modules/uplot';
const OUT = 'dist/board';
/** In this order: the later ones win. */
const STYLES = [
  `${UPLOT}/dist/uPlot.min.css`,
  ...['colors', 'bar', 'page', 'recorded', 'processes'].map((name) => `${SOURCE}/${name}.css`),
];

/** All style sheets as one file. */
function joinStyles(): void {
  const styles = STYLES.map((file) => readFileSync(file, 'utf8')).join('\n');
  const { code } = transformSync(styles, { loader: 'css', minify: true });
  writeFileSync(`${OUT}/page.css`, code);
}

/** The page of `kaneda board`: files that are served as they are, the library of its charts among them. */
export const BOARD_PAGE = {
  entry: { page: `${SOURCE}/main.ts` },
  outDir: OUT,
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  tsconfig: `${SOURCE}/tsconfig.json`,
  dts: false,
  clean: false,
  hash: false,
  minify: true,
  deps: { alwaysBundle: ['uplot'] },
  outputOptions: { entryFileNames: '[name].js' },
  copy: [
    `${SOURCE}/index.html`,
    `${SOURCE}/icon.svg`,
    { from: `${UPLOT}/LICENSE`, to: OUT, rename: 'uplot.LICENSE' },
  ],
  onSuccess: joinStyles,
} satisfies UserConfig;

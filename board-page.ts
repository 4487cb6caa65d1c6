import type { UserConfig } from 'tsdown';

/** The page of `kaneda board`: files that are served as they are, the library of its charts among them. */
export const BOARD_PAGE = {
  entry: { page: 'src/cli/board/page/main.ts' },
  outDir: 'dist/board',
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  tsconfig: 'src/cli/board/page/tsconfig.json',
  dts: false,
  clean: false,
  hash: false,
  minify: true,
  deps: { alwaysBundle: ['uplot'] },
  outputOptions: { entryFileNames: '[name].js' },
  copy: [
    ...['index.html', '*.css', 'icon.svg'].map((name) => `src/cli/board/page/${name}`),
    { from: 'node_modules/uplot/dist/uPlot.min.css', to: 'dist/board', rename: 'uplot.css' },
    { from: 'node_modules/uplot/LICENSE', to: 'dist/board', rename: 'uplot.LICENSE' },
  ],
} satisfies UserConfig;

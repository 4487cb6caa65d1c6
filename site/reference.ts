import { relative } from 'node:path';
import { Application, type DeclarationReflection, type TypeDocOptions } from 'typedoc';
import type { PluginOptions } from 'typedoc-plugin-markdown';
import { ENTRY_POINTS } from '../entry-points.js';
import { REPOSITORY, ROOT } from './places.js';

const OPTIONS: Partial<TypeDocOptions & PluginOptions> = {
  entryPoints: Object.values(ENTRY_POINTS).map((source) => `${ROOT}/${source}`),
  tsconfig: `${ROOT}/tsconfig.build.json`,
  plugin: ['typedoc-plugin-markdown'],
  readme: 'none',
  name: 'Reference',
  gitRevision: 'main',
  disableGit: true,
  sourceLinkTemplate: `${REPOSITORY}/blob/{gitRevision}/{path}#L{line}`,
  basePath: ROOT,
  displayBasePath: ROOT,
  // `npm run check` compares types.
  skipErrorChecking: true,
  excludePrivate: true,
  excludeInternal: true,
  excludeExternals: true,
  logLevel: 'Warn',
  // A type that no entry point exports is named without a link.
  validation: { notExported: false },
  router: 'module',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: 'table',
  propertiesFormat: 'list',
  interfacePropertiesFormat: 'table',
  enumMembersFormat: 'table',
  tableColumnSettings: { hideSources: true },
};

/** Writes the reference of every entry point into `folder`, a page each; throws if TypeDoc reports errors. */
export async function writeReference(folder: string): Promise<void> {
  const app = await Application.bootstrapWithPlugins({
    ...OPTIONS,
    outputs: [{ name: 'markdown', path: folder }],
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('TypeDoc could not read the entry points');
  for (const module of project.children ?? []) module.name = specifierOf(module);
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('TypeDoc reported errors, see above');
}

/** `kaneda-otel/exporters/otlp` for the module that is its source. */
function specifierOf(module: DeclarationReflection): string {
  const file = module.sources?.[0]?.fullFileName ?? '';
  const source = relative(ROOT, file);
  const entry = Object.keys(ENTRY_POINTS).find((name) => ENTRY_POINTS[name] === source);
  if (entry === undefined) throw new Error(`${source} is not the source of an entry point`);
  return entry === 'index' ? 'kaneda-otel' : `kaneda-otel/${entry}`;
}

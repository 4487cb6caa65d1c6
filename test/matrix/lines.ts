/** A release line of OpenTelemetry, and the Node it is proved on. */
export interface Line {
  name: string;
  /** The major version of Node. */
  node: number;
  /** The packages of package.json as they are: nothing to install. */
  own: boolean;
  /** Packages in other versions than package.json's; `undefined` are not to be there. */
  packages: Readonly<Record<string, string | undefined>>;
}

export const LINES: readonly Line[] = [
  { name: 'OpenTelemetry 2.x', node: 20, own: true, packages: {} },
  {
    name: 'OpenTelemetry 3.x',
    node: 24,
    own: false,
    packages: {
      '@opentelemetry/api': '~1.10.0',
      // From 1.10 on, the logs API is part of the API.
      '@opentelemetry/api-logs': undefined,
      '@opentelemetry/otlp-exporter-base': '>=0.300 <1',
      '@opentelemetry/otlp-transformer': '>=0.300 <1',
      '@opentelemetry/resources': '^3',
      '@opentelemetry/sdk-logs': '^3',
      '@opentelemetry/sdk-metrics': '^3',
    },
  },
];

import type { NextConfig } from 'next';

const config: NextConfig = {
  // Loaded by Node, not bundled: a bundle for each route would have a copy of it.
  serverExternalPackages: ['kaneda-otel'],
};
export default config;

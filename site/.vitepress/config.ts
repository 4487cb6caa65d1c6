import { defineConfig } from 'vitepress';
import { githubAnchor } from '../github-anchor.js';
import { REPOSITORY } from '../places.js';
import { sidebar } from '../sidebar.js';

export default defineConfig({
  title: 'kaneda-otel',
  description:
    'Metrics for Node applications, stored where you already look, inside OpenTelemetry.',
  lang: 'en',
  // Where the site is published below a folder: DOCS_BASE=/kaneda-otel/
  base: process.env.DOCS_BASE ?? '/',
  srcDir: 'pages',
  outDir: 'dist',
  cacheDir: '.vitepress/cache',
  cleanUrls: true,
  markdown: {
    anchor: { slugify: githubAnchor },
    // Shiki has no grammar of it.
    languageAlias: { promql: 'sql' },
  },
  // The index of the search is one chunk.
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebar(),
    nav: [
      { text: 'Guide', link: '/guide' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Changelog', link: '/changelog' },
    ],
    socialLinks: [{ icon: 'github', link: REPOSITORY }],
  },
});

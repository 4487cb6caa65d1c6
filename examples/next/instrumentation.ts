/** Next.js calls it once, when the server starts. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return;
  const { collectProcessMetrics } = await import('kaneda-otel');
  const { metrics } = await import('./metrics');
  collectProcessMetrics(metrics);
  metrics.event('started', 'the shop');
}

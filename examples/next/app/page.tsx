import { metrics } from '../metrics';

// Rendered at each request, so that each is counted.
export const dynamic = 'force-dynamic';

export default function Page() {
  metrics.increment('page.views', { page: 'home' });
  return <p>Order a plum with POST /orders.</p>;
}

import { metrics } from '../../metrics';

export async function POST(request: Request): Promise<Response> {
  const { article, amount } = (await request.json()) as { article: string; amount: number };
  return metrics.timer('order.duration').time(async () => {
    metrics.increment('orders', { article }, amount);
    return Response.json({ article, amount }, { status: 201 });
  });
}

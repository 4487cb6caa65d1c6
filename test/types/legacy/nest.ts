/** A NestJS application whose timed routes are guarded; prints what its clients get and what was recorded. */
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  HttpCode,
  Module,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ReportExporter } from '../../../exporters/report-exporter.js';
import { Metrics } from '../../../src/index.js';

class Nowhere extends ReportExporter {
  readonly names: string[] = [];
  protected async write(reports: readonly { name: string }[]): Promise<void> {
    this.names.push(...reports.map(({ name }) => name));
  }
}

const backend = new Nowhere();
const metrics = new Metrics({ backend });

/** Lets those in whose route has the role that they say they have. */
class RoleGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const role: unknown = Reflect.getMetadata('role', context.getHandler());
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return role !== undefined && headers.role === role;
  }
}

const note: MethodDecorator = (_target, _key, descriptor) => {
  Object.assign(descriptor.value as object, { note: 'kept' });
};

@Controller()
class Orders {
  @metrics.timed('orders.above')
  @UseGuards(RoleGuard)
  @SetMetadata('role', 'cook')
  @HttpCode(202)
  @Header('x-kitchen', 'open')
  @note
  @Get('above')
  above(): string {
    return 'above';
  }

  @UseGuards(RoleGuard)
  @SetMetadata('role', 'cook')
  @metrics.timed('orders.between')
  @HttpCode(202)
  @Header('x-kitchen', 'open')
  @note
  @Get('between')
  between(): string {
    return 'between';
  }

  @UseGuards(RoleGuard)
  @SetMetadata('role', 'cook')
  @HttpCode(202)
  @Header('x-kitchen', 'open')
  @note
  @Get('below')
  @metrics.timed('orders.below')
  async below(_one?: unknown, _two?: unknown): Promise<string> {
    return 'below';
  }

  @metrics.timed('orders.outer')
  @UseGuards(RoleGuard)
  @metrics.timed('orders.inner')
  @SetMetadata('role', 'cook')
  @HttpCode(202)
  @Header('x-kitchen', 'open')
  @note
  @Get('twice')
  twice(): string {
    return 'twice';
  }
}

class Root {}
Module({ controllers: [Orders] })(Root);

const app = await NestFactory.create(Root, { logger: false });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const answers: Record<string, unknown> = {};
for (const route of ['above', 'between', 'below', 'twice'] as const) {
  const refused = await fetch(`${url}/${route}`);
  const served = await fetch(`${url}/${route}`, { headers: { role: 'cook' } });
  const method = Orders.prototype[route];
  answers[route] = {
    statuses: [refused.status, served.status],
    text: await served.text(),
    header: served.headers.get('x-kitchen'),
    method: [method.name, method.length, Reflect.get(method, 'note')],
  };
}
await app.close();
await metrics.close();
process.stdout.write(JSON.stringify({ answers, names: backend.names.sort() }));

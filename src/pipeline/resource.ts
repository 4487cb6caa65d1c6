import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { environment } from '../../exporters/problems/permissions.js';
import { ownHost } from '../../exporters/reports/own-host.js';
import { ownInstance } from '../../exporters/reports/own-instance.js';

type Resource = ResourceMetrics['resource'];
type Attributes = Record<string, string | number>;

let own: Resource | undefined;

/**
 * This process as an OpenTelemetry resource, named by `OTEL_SERVICE_NAME` and
 * `OTEL_RESOURCE_ATTRIBUTES`. Each process is an instance of its own, so that the deltas of several
 * add up. Made without the SDK, which is not there yet when the first event is. Source:
 * https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
export function ownResource(): Resource {
  own ??= resourceOf({
    'service.name': `unknown_service:${process.argv0}`,
    'service.instance.id': ownInstance(),
    'host.name': ownHost(),
    'process.pid': process.pid,
    ...fromEnvironment(environment),
  });
  return own;
}

/** {@link ownResource} under another instance's name, if one is given. */
export function resourceFor(instance: string | undefined): Resource {
  return instance === undefined
    ? ownResource()
    : resourceOf({ ...ownResource().attributes, 'service.instance.id': instance });
}

/**
 * Returns the attributes in the two variables. An entry that is no `key=value`, or is not encoded
 * as it should be, is left out.
 */
export function fromEnvironment(env: NodeJS.ProcessEnv): Attributes {
  const attributes: Attributes = {};
  for (const entry of (env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',')) {
    const at = entry.indexOf('=');
    const key = entry.slice(0, Math.max(at, 0)).trim();
    if (key === '') continue;
    try {
      attributes[key] = decodeURIComponent(entry.slice(at + 1).trim());
    } catch {
      // Not percent-encoded text.
    }
  }
  if (env.OTEL_SERVICE_NAME) attributes['service.name'] = env.OTEL_SERVICE_NAME;
  return attributes;
}

function resourceOf(attributes: Resource['attributes']): Resource {
  return {
    attributes,
    asyncAttributesPending: false,
    merge: (other) =>
      other === null ? resourceOf(attributes) : resourceOf({ ...attributes, ...other.attributes }),
    getRawAttributes: () => Object.entries(attributes),
  };
}

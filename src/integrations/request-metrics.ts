import { assertOptions, type OptionRules } from '../../exporters/setup/option-rules.js';
import { monotonic } from '../../exporters/timing/real-timers.js';
import { DESCRIPTION } from '../metrics/descriptions.js';
import type { LevelHandle } from '../metrics/handles/handle.js';
import type { Metrics } from '../metrics/metrics.js';
import { assertMetrics } from './assert-arguments.js';
import { type FollowedRequest, type FollowedResponse, whenEnded } from './follow.js';

/** The names of OpenTelemetry's semantic conventions for HTTP servers. */
const DURATION = 'http.server.request.duration';
const ACTIVE = 'http.server.active_requests';

/** Methods that are reported by name; any other one is `_OTHER`. */
const METHODS: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** Distinct routes, past which further ones are {@link OTHER_ROUTE}. */
const MAX_ROUTES = 1_000;
/** The route of requests whose own cannot be told apart any more. */
export const OTHER_ROUTE = '__other__';

/** The boundaries that the semantic conventions advise, in seconds. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Options of every `httpMetrics`. */
export interface RequestMetricsOptions {
  /**
   * Boundaries, in seconds, of the histogram on an OpenTelemetry provider of the application's.
   * Default: those that the semantic conventions advise, 0.005 to 10.
   */
  buckets?: readonly number[];
}

/** The facts about a request when it begins. */
export interface RequestFacts {
  readonly method: string | undefined;
  /** `https`, anything else counts as `http`. */
  readonly scheme: string | undefined;
  /** The route's template, once it is known; asked when the request ends. */
  readonly route?: () => string | undefined;
}

/** The requests in progress of one method and scheme. */
interface Active {
  count: number;
  readonly level: LevelHandle;
}

/** The outcome of a request. */
interface Answer {
  /** `undefined`: the client got none. */
  readonly status: number | undefined;
  /**
   * Instead of a status: `aborted` by the client, `reset` by the server, or the name of an error.
   */
  readonly error?: string | undefined;
}

type RequestTags = Record<string, string | number>;

/** The metrics of the requests that an application serves. One for each `Metrics`. */
export class RequestMetrics {
  static readonly #made = new WeakMap<Metrics, RequestMetrics>();
  readonly #metrics: Metrics;
  readonly #active = new Map<string, Active>();
  readonly #routes = new Set<string>();
  /** The requests in progress, so that none counts twice where several places look at it. */
  readonly #begun = new WeakMap<object, OngoingRequest>();

  /**
   * The one of a `Metrics`.
   * @param further a framework's own options.
   * @throws TypeError for something other than a `Metrics`, SettingsError for faulty options.
   */
  static of(
    metrics: Metrics,
    options: RequestMetricsOptions = {},
    further: OptionRules = {},
  ): RequestMetrics {
    assertMetrics(metrics);
    assertOptions('httpMetrics', options, { buckets: DESCRIPTION.buckets, ...further });
    const { buckets = BUCKETS_S } = options;
    const made = RequestMetrics.#made.get(metrics) ?? new RequestMetrics(metrics, buckets);
    RequestMetrics.#made.set(metrics, made);
    return made;
  }

  private constructor(metrics: Metrics, buckets: readonly number[]) {
    this.#metrics = metrics;
    metrics.describe(DURATION, { unit: 's', description: 'Duration of HTTP server requests.' });
    // By itself, so that the rest stands where the application has described other buckets.
    metrics.describe(DURATION, { buckets });
    metrics.describe(ACTIVE, {
      unit: '{request}',
      description: 'Number of active HTTP server requests.',
    });
  }

  /** Follows a request of Node's until its response is closed. Never throws. */
  follow(request: FollowedRequest, response: FollowedResponse, facts: Partial<RequestFacts>): void {
    safely(() => {
      const ongoing = this.begin(request, {
        method: request.method,
        scheme: request.socket?.encrypted ? 'https' : 'http',
        ...facts,
      });
      if (ongoing !== undefined)
        whenEnded(request, response, ({ status, isAnswered, cut }) =>
          ongoing.end({ status: isAnswered ? status : undefined, error: cut }),
        );
    });
  }

  /**
   * A request begins.
   * @returns `undefined` if it has begun already: then only its route is taken over.
   */
  begin(request: object, facts: RequestFacts): OngoingRequest | undefined {
    const known = this.#begun.get(request);
    if (known !== undefined) {
      known.route = facts.route ?? known.route;
      return undefined;
    }
    const ongoing = new OngoingRequest(facts, (answer) => {
      active.level.set(--active.count);
      this.#end(ongoing, answer);
    });
    this.#begun.set(request, ongoing);
    const active = this.#activeOf(ongoing.tags);
    active.level.set(++active.count);
    return ongoing;
  }

  #end(ongoing: OngoingRequest, { status, error }: Answer): void {
    const route = this.#limitRoute(safely(() => ongoing.route?.()));
    const type = error ?? (status !== undefined && status >= 500 ? String(status) : undefined);
    this.#metrics.timing(DURATION, ongoing.seconds(), {
      ...ongoing.tags,
      ...(route !== undefined && { 'http.route': route }),
      ...(status !== undefined && { 'http.response.status_code': status }),
      ...(type !== undefined && { 'error.type': type }),
    });
  }

  #activeOf(tags: RequestTags): Active {
    const key = Object.values(tags).join(' ');
    let active = this.#active.get(key);
    if (active === undefined) {
      active = { count: 0, level: this.#metrics.level(ACTIVE, { ...tags }) };
      this.#active.set(key, active);
    }
    return active;
  }

  #limitRoute(route: unknown): string | undefined {
    if (typeof route !== 'string' || route === '') return undefined;
    if (this.#routes.has(route)) return route;
    if (this.#routes.size >= MAX_ROUTES) return OTHER_ROUTE;
    this.#routes.add(route);
    return route;
  }
}

/** A request in progress. */
export class OngoingRequest {
  readonly tags: RequestTags;
  route: (() => string | undefined) | undefined;
  readonly #begun = monotonic();
  readonly #ended: (answer: Answer) => void;
  #isEnded = false;

  constructor({ method = '', scheme, route }: RequestFacts, ended: (answer: Answer) => void) {
    this.tags = {
      'http.request.method': METHODS.has(method) ? method : '_OTHER',
      'url.scheme': scheme === 'https' ? 'https' : 'http',
    };
    this.route = route;
    this.#ended = ended;
  }

  /** The time that the request has lasted so far. */
  seconds(): number {
    return (monotonic() - this.#begun) / 1_000;
  }

  /** It is over; a second call does nothing. Never throws. */
  end(answer: Answer): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    safely(() => this.#ended(answer));
  }
}

/**
 * Runs what must not harm the application: frameworks' objects may be proxies, or have getters that
 * throw.
 */
export function safely<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

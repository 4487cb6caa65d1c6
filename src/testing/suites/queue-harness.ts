import type { ReportQueue } from '../../../exporters/queues/report-queue.js';
import type { ExporterOptions } from '../../../exporters/report-exporter.js';

/** Handles the broker's process, for the cases in which it goes away. */
export interface BrokerControl {
  /** Ends it at once, as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts it after `kill`, at the same address with the same data. Does nothing if it runs. */
  start(): Promise<void>;
  /** Freezes it: connections stay open, but it does not answer. */
  pause(): void;
  /** Ends `pause`. */
  resume(): void;
}

/** A queue on a connection that the application made. */
export interface QueueOnConnection {
  /** The queue on it. */
  readonly queue: ReportQueue;
  /** Tells whether the connection still works. */
  alive(): Promise<boolean>;
  /** Closes the connection. */
  end(): Promise<void>;
}

/**
 * The means by which `describeQueue` handles one queue on its broker. Every method concerns one and
 * the same queue. Cases that need a method which is not given are skipped, and say so.
 */
export interface QueueHarness {
  /**
   * Before the first case. The argument is the runner's own: with mocha the context, whose `skip()`
   * skips all cases.
   */
  // biome-ignore lint/suspicious/noExplicitAny: every test runner has a context of its own, or none.
  start?(context: any): Promise<void>;
  /** After the last case. */
  stop?(): Promise<void>;
  /** Forgets all jobs, dead ones too. Called before each case. */
  clear(): Promise<void>;
  /** Makes another object for the queue, with a connection of its own. The suite shuts it down. */
  queue(options?: ExporterOptions): ReportQueue;
  /** Counts the jobs that wait for a worker. */
  waiting(): Promise<number>;
  /** Reads the reasons of the dead letters. */
  dead(): Promise<readonly string[]>;
  /** Enqueues a job that is not a report. */
  poison?(): Promise<void>;
  /** Names whatever of the broker's memory is still taken up by jobs that are done. */
  leftovers?(): Promise<readonly string[]>;
  /** Makes another object for the queue, on a connection of the application's. */
  onConnection?(): Promise<QueueOnConnection>;
  /** Makes another object for the queue whose password is wrong; the password is `wrong-secret`. */
  locked?(): ReportQueue;
  /** The broker, if the suite may kill and freeze it. */
  readonly server?: BrokerControl;
}

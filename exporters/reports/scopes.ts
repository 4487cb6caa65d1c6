/** The instrumentation scope of what Kaneda's calls record. */
export const OWN_SCOPE = 'kaneda-otel';

/**
 * The scope of an exporter's own counts. Reports are never made of it: they would count themselves.
 */
export const LEDGER_SCOPE = 'kaneda-otel/exporters';

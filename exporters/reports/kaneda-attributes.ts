/** The attributes by which a log record says that it is Kaneda's. */
export const KANEDA = {
  /** The report's id, made at the call. */
  id: 'kaneda.id',
  /** The report's `metric`. */
  metric: 'kaneda.metric',
  unit: 'kaneda.unit',
} as const;

// Variables of the environment with KANEDA_ before the name win over this file.
export const BACKEND = 'logger';
export const LOGGER_FILENAME = 'metrics.log';
export const ELASTIC_INDEX_NAME = 'metrics';
export const APP_NAME = 'shop';

import '../../../src/cli/all-targets.js';
/** Records by the ready-made metrics, and ends. */
import { metrics } from '../../../src/index.js';

metrics.increment('user.signup');
metrics.event('deploy', 'now');

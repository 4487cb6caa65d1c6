import cluster from 'node:cluster';

// Each process counts in a file of its own; the primary reads them all.
await import(cluster.isPrimary ? './primary.js' : './worker.js');

import process from 'node:process';

// AVA's worker threads only have a copy of the environment, so onnxruntime's library would not see what its engine sets there:
// it would report its use over the network, and leave an empty file for each process where temporary files are.
process.env.ORT_DISABLE_TELEMETRY ??= '1';
// Nor would TensorFlow's, which would report every graph that it loads.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

export default {
  typescript: { rewritePaths: { 'test/': 'dist/test/' }, compile: false },
  files: ['test/**/*.test.ts'],
  timeout: '5m',
  concurrency: 2,
};

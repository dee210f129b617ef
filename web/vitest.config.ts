import { defineConfig } from 'vitest/config';

// The limit only ends a test that hangs; a busy machine reads all sources in more than the usual five seconds.
export default defineConfig({ test: { include: ['src/**/*.test.{ts,tsx}', 'scripts/**/*.test.mjs'], environment: 'node', testTimeout: 30_000 } });

// SPDX-License-Identifier: MIT
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['orchestrator/**/*.test.ts', 'qemu-devices/**/*.test.ts', 'ci/**/*.test.ts'],
    // Device and two-VM tests start real QEMU processes; a small machine runs one file at a time.
    fileParallelism: false,
    reporters: ['default'],
  },
});

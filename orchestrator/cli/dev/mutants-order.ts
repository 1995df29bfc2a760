// SPDX-License-Identifier: MIT
//
// In which order a mutant meets the tests that reach it: the first that fails ends it.
import { dirname, relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** First the test beside the changed file, then those of its directory, then the rest; of each the quick ones first. */
export class NearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root, related } = this.ctx.config;
    // Stryker names the one file that a mutant changes, and all files in the run before, which has none.
    const [changed = ""] = related ?? [];
    const ranked = files.map((file) => {
      const known = this.ctx.cache.getFileTestResults(
        `${file.project.name}:${relative(root, file.moduleId)}`,
      );
      return { file, far: distance(changed, file.moduleId), ms: known?.duration ?? 0 };
    });
    return ranked.sort((a, b) => a.far - b.far || a.ms - b.ms).map(({ file }) => file);
  }
}

/** 0 for the test of a source file, 1 for others of its directory, 2 for the rest. */
export function distance(source: string, test: string): 0 | 1 | 2 {
  if (test === source.replace(/\.ts$/, ".test.ts")) return 0;
  return dirname(test) === dirname(source) ? 1 : 2;
}

// SPDX-License-Identifier: MIT

/** QEMU with the project's devices as a loadable module. */
export interface QemuArtifacts {
  readonly binary: string;
  /** For the environment variable QEMU_MODULE_DIR of every QEMU that is started. */
  readonly moduleDir: string;
  /** Version of Debian's source package. */
  readonly version: string;
  /** Build tree, for debugging; another run may be building in it. */
  readonly buildDir: string;
  readonly sourceDir: string;
}

/** The guests' kernel. */
export interface KernelArtifacts {
  readonly image: string;
  /** With symbols, for decoding stack traces. */
  readonly vmlinux: string;
  /** `uname -r`. */
  readonly release: string;
  /** SHA-256 of the final .config. */
  readonly configHash: string;
  readonly config: string;
  readonly buildDir: string;
  readonly sourceDir: string;
}

/** Everything that a run boots. All paths are absolute and stay valid until the cache is cleaned. */
export interface Artifacts {
  readonly qemu: QemuArtifacts;
  readonly kernel: KernelArtifacts;
  /** Base image and modules; a run's own overlay (see cpio.ts) goes behind it. */
  readonly initrd: string;
  /** What was used, for reports: component to version. */
  readonly versions: Readonly<Record<string, string>>;
}

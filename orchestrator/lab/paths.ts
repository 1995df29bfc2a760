// SPDX-License-Identifier: MIT
import { join } from "node:path";
import type { Role } from "./role.ts";

/** What QEMU loads into one VM. */
export interface BootFiles {
  readonly kernel: string;
  readonly initrd: string;
}

/** Where both VMs' files and sockets are. */
export function labPaths(boot: Readonly<Record<Role, BootFiles>>, directory: string) {
  const link = join(directory, "link");
  const direct = { endpoint: join(directory, "direct-e"), host: join(directory, "direct-h") };
  const of = (role: Role) => ({
    ...boot[role],
    link,
    qmp: join(directory, `${role}.qmp`),
    direct: { own: direct[role], peer: direct[role === "host" ? "endpoint" : "host"] },
  });
  return { endpoint: of("endpoint"), host: of("host") };
}

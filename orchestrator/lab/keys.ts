// SPDX-License-Identifier: MIT
import ssh2 from "ssh2";
import { buildOverlay } from "../provision/cpio.ts";

/** The key pairs of one run: the lab's own and that of the guests' SSH server. */
export interface RunKeys {
  /** Private key that the lab logs in with, in OpenSSH's format. */
  readonly login: string;
  /** The host key's public half, as the guests will present it. */
  readonly hostKey: Buffer;
  /** Archive that gives the guests their half; goes behind the base image. */
  readonly overlay: Buffer;
}

/** Makes fresh ed25519 keys, so that nothing that is worth stealing outlives a run. */
export function makeRunKeys(): RunKeys {
  const login = ssh2.utils.generateKeyPairSync("ed25519", { comment: "ntb-edma-lab" });
  const host = ssh2.utils.generateKeyPairSync("ed25519", { comment: "ntb-edma-lab-guest" });
  const hostKey = Buffer.from(host.public.split(" ")[1] ?? "", "base64");
  const overlay = buildOverlay({
    "/root/.ssh/authorized_keys": { data: `${login.public}\n`, mode: 0o600 },
    "/etc/ssh/ssh_host_ed25519_key": { data: host.private, mode: 0o600 },
    "/etc/ssh/ssh_host_ed25519_key.pub": { data: `${host.public}\n`, mode: 0o644 },
  });
  return { login: login.private, hostKey, overlay };
}

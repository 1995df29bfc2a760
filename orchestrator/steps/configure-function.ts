// SPDX-License-Identifier: MIT
import * as z from "zod";
import type { EndpointFunction } from "../scenario/schema.ts";
import { withoutErrors } from "./kernel-errors.ts";
import { loadScript, moduleNamed } from "./modules.ts";
import { defineStep, type GuestCommand, inGuest, type StepContext } from "./step-kind.ts";

/** What configfs had to say once the function was bound to the controller. */
export interface ConfigureFunctionEvidence {
  readonly controller: string;
  readonly driver: string;
}

const configfs = "/sys/kernel/config/pci_ep";

/**
 * Makes the endpoint function as Documentation/PCI/endpoint/pci-vntb-howto.rst tells, binds it to
 * the only controller and starts that. The function driver's own group is the one directory inside.
 */
export function configureScript(fn: EndpointFunction): string {
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, "0")}`;
  const base = fn.class >> 8;
  const sub = fn.class & 0xff;
  const settings = Object.entries(fn.settings).map(
    ([name, value]) => `put "$own/${name}" ${value}`,
  );
  const attributes = Object.entries(fn.attributes).map(
    ([name, value]) => `put "$fn/${name}" ${value}`,
  );
  return `set -eu
put() {
  [ -e "$1" ] || { echo "no attribute $(basename "$1") in this kernel, only: $(cd "$(dirname "$1")" && echo *)" >&2; exit 1; }
  echo "$2" > "$1" || { echo "could not write $2 to $1" >&2; exit 1; }
}
${loadScript([moduleNamed(fn.driver)])}
cd ${configfs}
set -- controllers/*
[ -d "$1" ] || { echo "no endpoint controller in ${configfs}/controllers" >&2; exit 1; }
controller=$1
fn=functions/${fn.driver}/lab
mkdir "$fn"
put "$fn/vendorid" ${hex(fn.vendor, 4)}
put "$fn/deviceid" ${hex(fn.device, 4)}
put "$fn/baseclass_code" ${hex(base, 2)}
put "$fn/subclass_code" ${hex(sub, 2)}
put "$fn/msi_interrupts" ${fn["msi-interrupts"]}
put "$fn/msix_interrupts" ${fn["msix-interrupts"]}
${attributes.join("\n")}
${settings.length > 0 ? `own=$(ls -d "$fn/${fn.driver}".*)` : ""}
${settings.join("\n")}
ln -s "${configfs}/$controller" "$fn/primary" || { echo "the function did not bind to $controller" >&2; dmesg | tail -n 5 >&2; exit 1; }
put "$controller/start" 1
echo "$controller"`;
}

export function configureCommand(fn: EndpointFunction): GuestCommand {
  return {
    on: "endpoint",
    what: "configuring the endpoint function",
    script: configureScript(fn),
  };
}

export async function configure(context: StepContext): Promise<ConfigureFunctionEvidence> {
  const command = configureCommand(context.plan.function);
  const work = () => inGuest(context, command);
  const controller = await withoutErrors(command.on, command.what, context, work);
  return { controller: controller.trim(), driver: context.plan.function.driver };
}

export const configureFunction = defineStep({
  kind: "configure-function",
  summary: "makes the endpoint function in configfs, as the scenario's `function` says",
  schema: z.strictObject({}),
  limitMs: () => 15_000,
  title: () => "Configure the endpoint function",
  needs: (_params, { function: { driver, settings } }) => {
    const namesBars = Object.keys(settings).some((name) => /^(ctrl|db|mw\d+)_bar$/.test(name));
    return { endpoint: [driver, ...(namesBars ? ["vntb-bar-names"] : [])] };
  },
  commands: (_params, plan) => [configureCommand(plan.function)],
  run: (_params, context) => configure(context),
});

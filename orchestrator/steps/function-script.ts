// SPDX-License-Identifier: MIT
//
// Shell lines that make endpoint functions in configfs, and take them apart again: Documentation/PCI/endpoint/pci-endpoint-cfs.rst.
import type { EndpointFunction } from "../scenario/function.ts";
import { joinedTo, type LinkEnds, portOf } from "../scenario/topology/graph.ts";
import type { Topology } from "../scenario/topology/topology.ts";
import { loadScript, moduleNamed } from "./modules.ts";

/** In the order in which a function comes to stand. */
export const functionParts = ["made", "bound", "started"] as const;
export type FunctionPart = (typeof functionParts)[number];

type Attributes = EndpointFunction["attributes"];

/** How far a function is to come, and what is written beside that which it says itself. */
export interface FunctionChange {
  readonly until: FunctionPart;
  readonly attributes: Attributes;
  readonly settings: Attributes;
  readonly ports: FunctionPorts;
}

/** Which of the endpoint's controllers a function goes to, counted from 0. */
export interface FunctionPorts {
  readonly primary: number;
  /** Of a function that has two sides. */
  readonly secondary?: number | undefined;
}

/** The controllers of a function at a link: that link's, and of an endpoint that joins hosts the other link's as well. */
export function portsOf(
  topology: Pick<Topology, "links" | "machines">,
  link: LinkEnds,
): FunctionPorts {
  const other = joinedTo(topology, link);
  return {
    primary: portOf(topology, link.endpoint, link),
    secondary: other && portOf(topology, link.endpoint, other),
  };
}

export const configfs = "/sys/kernel/config/pci_ep";

/** With this a script ends that did not find what it was to work on: then the kernel has refused nothing. */
export const notThere = 3;

/**
 * `put FILE VALUE` writes an attribute. `own` is the driver's own group: beside `primary` and `secondary`, the only directory that is no
 * link to a virtual function. A driver names it as it likes, and before Linux 7.0 it came a moment after the function's directory.
 */
const helpers = `put() {
  [ -e "$1" ] || {
    beside=$(dirname "$1")
    [ -d "$beside" ] || { echo "no group $(basename "$beside") in this kernel's function, only: $(cd "$(dirname "$beside")" && echo */)" >&2; exit ${notThere}; }
    echo "no attribute $(basename "$1") in this kernel, only: $(cd "$beside" && echo *)" >&2; exit ${notThere}
  }
  echo "$2" > "$1" || { echo "could not write $2 to $1" >&2; exit 1; }
}
find_own() {
  for look in 1 2 3 4 5 6 7 8 9 10; do
    own=
    for group in "$fn"/*/; do
      group=\${group%/}
      case $group in */primary|*/secondary) continue;; esac
      [ -L "$group" ] || own="$own $group"
    done
    own=\${own# }
    [ -z "$own" ] || break
    sleep 0.1
  done
  case $own in
    "") echo "the driver has no group of its own in configfs, only: $(cd "$fn" && echo *)" >&2; exit ${notThere};;
    *" "*) echo "the driver has several groups of its own: write attributes as GROUP/NAME; there are: $(cd "$fn" && echo */)" >&2; exit ${notThere};;
  esac
}
find_controller() {
  side=$1 port=$2
  set -- controllers/*
  [ -d "$1" ] || { echo "no endpoint controller in ${configfs}/controllers" >&2; exit ${notThere}; }
  [ $# -gt $port ] || { echo "no endpoint controller $port in ${configfs}/controllers, only: $*" >&2; exit ${notThere}; }
  shift $port
  eval "$side=$1"
}`;

/** By this name a function of the scenario stands in configfs. */
export function directoryOf(name: string | undefined): string {
  return name ?? "lab";
}

/** Does what is not done yet; a function that stands gets what the change says alone. */
export function configureScript(
  fn: EndpointFunction,
  name: string,
  { until, attributes, settings, ports }: FunctionChange,
): string {
  const sides = sidesOf(ports);
  const bind = sides.map(
    (side) => `[ -L "$fn/${side}/$(basename "$${side}")" ] ||
  ln -s "${configfs}/$${side}" "$fn/${side}" || { echo "the function did not bind to $${side}" >&2; dmesg | tail -n 5 >&2; exit 1; }`,
  );
  const start = sides.map((side) => `[ "$(cat "$${side}/start")" = 1 ] || put "$${side}/start" 1`);
  return `set -eu
${helpers}
${loadScript([moduleNamed(fn.driver)])}
cd ${configfs}
${find(ports)}
fn=functions/${fn.driver}/${name}
[ -d functions/${fn.driver} ] || { echo "no functions of ${fn.driver} in configfs, only of: $(cd functions && echo *)" >&2; exit ${notThere}; }
if [ ! -d "$fn" ]; then
mkdir "$fn"
${lines([...written(headerOf(fn)), ...written(fn.attributes), ...writtenOwn(fn.settings)])}
fi
${lines([
  ...written(attributes),
  ...writtenOwn(settings),
  ...(until === "made" ? [] : bind),
  ...(until === "started" ? start : []),
])}
echo "$primary"`;
}

function sidesOf({ secondary }: FunctionPorts): string[] {
  return secondary === undefined ? ["primary"] : ["primary", "secondary"];
}

/** Leaves the controllers' directories in variables that are named after the function's sides. */
function find({ primary, secondary }: FunctionPorts): string {
  const second = secondary === undefined ? [] : [`find_controller secondary ${secondary}`];
  return [`find_controller primary ${primary}`, ...second].join("\n");
}

/** Undoes it: the controller is stopped, the function leaves it, and its directory goes. */
export function removeScript(
  { driver }: EndpointFunction,
  name: string,
  { until, ports }: { readonly until: string; readonly ports: FunctionPorts },
): string {
  const sides = sidesOf(ports);
  return `set -eu
${helpers}
cd ${configfs}
${find(ports)}
fn=functions/${driver}/${name}
[ -d "$fn" ] || { echo "no function ${name} of ${driver}, only: $(cd functions/${driver} && echo *)" >&2; exit ${notThere}; }
${sides.map((side) => `[ "$(cat "$${side}/start")" = 0 ] || put "$${side}/start" 0`).join("\n")}
${lines([
  ...(until === "stopped"
    ? []
    : sides.map(
        (side) =>
          `[ ! -L "$fn/${side}/$(basename "$${side}")" ] || rm "$fn/${side}/$(basename "$${side}")"`,
      )),
  ...(until === "removed" ? ['rmdir "$fn"'] : []),
])}`;
}

/** What every function has. A class of more than two bytes has its programming interface in the last. */
function headerOf(fn: EndpointFunction): Attributes {
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, "0")}`;
  const three = fn.class > 0xffff;
  const [base, sub] = three ? [fn.class >> 16, fn.class >> 8] : [fn.class >> 8, fn.class];
  return {
    vendorid: hex(fn.vendor, 4),
    deviceid: hex(fn.device, 4),
    baseclass_code: hex(base & 0xff, 2),
    subclass_code: hex(sub & 0xff, 2),
    ...(three ? { progif_code: hex(fn.class & 0xff, 2) } : {}),
    msi_interrupts: fn["msi-interrupts"],
    msix_interrupts: fn["msix-interrupts"],
  };
}

function written(attributes: Attributes): string[] {
  return Object.entries(attributes).map(([name, value]) => `put "$fn/${name}" ${value}`);
}

function writtenOwn(settings: Attributes): string[] {
  const lines = Object.entries(settings).map(([name, value]) => `put "$own/${name}" ${value}`);
  return lines.length === 0 ? [] : ["find_own", ...lines];
}

/** A shell takes no empty list of commands. */
function lines(commands: readonly string[]): string {
  return commands.length === 0 ? ":" : commands.join("\n");
}

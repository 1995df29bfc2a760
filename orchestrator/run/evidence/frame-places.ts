// SPDX-License-Identifier: MIT
//
// Where a stack's functions are, by address. decode_stacktrace.sh takes the first function of a name, and of a module the address in
// whichever section is the first: a static function whose name stands twice, or one of .init.text, is then told to be in another file. What
// is needed is in the objects themselves; no tree has to be there.
import { execa } from "execa";
import { withoutTime } from "../../lab/stack-trace.ts";

/** A function of a stack as the kernel prints it: `name+0xoffset/0xlength [module]` (kernel/kallsyms.c, sprint_symbol()). */
export interface Frame {
  readonly name: string;
  readonly offset: number;
  /** Up to the next function: what fills the gap between both counts. */
  readonly length: number;
  /** With underscores; undefined for the kernel's image. */
  readonly module?: string;
  /** Where the processor was, not where it returns to. */
  readonly exact: boolean;
}

/** The frame that a line holds, if it holds one. */
export function frameIn(line: string): Frame | undefined {
  const found = /(?:^|\s)([\w.$]+)\+0x([0-9a-f]+)\/0x([0-9a-f]+)(?: \[([\w-]+)[^\]]*\])?/.exec(
    withoutTime(line),
  );
  if (found === null) return undefined;
  const [, name = "", offset = "", length = "", module] = found;
  return {
    ...{ name, offset: Number.parseInt(offset, 16), length: Number.parseInt(length, 16) },
    ...(module === undefined ? {} : { module: module.replaceAll("-", "_") }),
    exact: /\bpc : /.test(line),
  };
}

/** A function as the symbol table of an object has it. */
interface FunctionSymbol {
  readonly name: string;
  /** In a module, from the beginning of its section. */
  readonly address: bigint;
  readonly size: number;
  /** Number of its section. */
  readonly section: number;
}

/** Functions are aligned, and what is between two of them counts to the first. */
const largestGap = 64;

/** Of the functions of a frame's name those that it can be of: as long, or else all. */
function candidates(frame: Frame, named: readonly FunctionSymbol[]): readonly FunctionSymbol[] {
  const fitting = named.filter(
    ({ size }) =>
      size <= frame.length && frame.length - size < largestGap && frame.offset < Math.max(size, 1),
  );
  return fitting.length > 0 ? fitting : named;
}

export interface ObjectFile {
  readonly file: string;
  /** A module's addresses are those of its sections. */
  readonly isModule: boolean;
}

/** How `readelf` and `addr2line` are called: what stands before their names. */
type Prefix = string;

/**
 * For each frame of this object that has to be told by its address: its place, `file:line` with those that it was inlined into behind it.
 * Functions that cannot be told apart have both places, with "or" between. Frames that their name alone tells are left out.
 */
export async function placesByAddress(
  frames: readonly Frame[],
  { file, isModule }: ObjectFile,
  prefix: Prefix,
): Promise<Map<Frame, string>> {
  const symbols = await functionsOf(file, new Set(frames.map(({ name }) => name)), prefix);
  const sections = isModule ? await sectionNames(file, prefix) : new Map<number, string>();
  const places = new Map<Frame, string>();
  for (const frame of frames) {
    const named = symbols.filter(({ name }) => name === frame.name);
    const elsewhere = named.some(({ section }) => (sections.get(section) ?? ".text") !== ".text");
    if (named.length < 2 && !elsewhere) continue;
    const found = await Promise.all(
      candidates(frame, named).map(({ address, section }) => {
        // A stack has return addresses; the call is right before.
        const back = frame.exact || frame.offset === 0 ? 0 : 1;
        const at = address + BigInt(frame.offset - back);
        return placeOf(file, at, sections.get(section), prefix);
      }),
    );
    const distinct = [...new Set(found.filter((place) => place !== undefined))];
    if (distinct.length > 0) places.set(frame, distinct.join(" or "));
  }
  return places;
}

/** `Num: Value Size Type Bind Vis Ndx Name`; of aliases at one address the first. */
async function functionsOf(
  file: string,
  names: ReadonlySet<string>,
  prefix: Prefix,
): Promise<FunctionSymbol[]> {
  const { stdout } = await execa(`${prefix}readelf`, ["-sW", file]);
  const found = new Map<string, FunctionSymbol>();
  for (const line of stdout.split("\n")) {
    const [, value, size, type, , , ndx, name] = line.trim().split(/\s+/);
    if (name === undefined || !names.has(name) || type !== "FUNC") continue;
    const section = Number(ndx);
    if (!Number.isInteger(section)) continue;
    const symbol = { name, address: BigInt(`0x${value}`), size: Number(size), section };
    found.set(`${name} ${section} ${value}`, symbol);
  }
  return [...found.values()];
}

/** `[Nr] Name ...`, by their numbers. */
async function sectionNames(file: string, prefix: Prefix): Promise<Map<number, string>> {
  const { stdout } = await execa(`${prefix}readelf`, ["-SW", file]);
  const rows = [...stdout.matchAll(/^\s*\[\s*(\d+)\] (\.\S+)/gm)];
  return new Map(rows.map(([, number, name]) => [Number(number), name ?? ""]));
}

async function placeOf(
  file: string,
  address: bigint,
  section: string | undefined,
  prefix: Prefix,
): Promise<string | undefined> {
  const of = section === undefined ? [] : ["-j", section];
  const words = ["-i", "-e", file, ...of, address.toString(16)];
  const { stdout } = await execa(`${prefix}addr2line`, words);
  const lines = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("??"));
  return lines.length === 0 ? undefined : lines.map((line) => line.trim()).join(" ");
}

/** Where the kernel's sources were when this image was compiled: its paths begin so. Undefined where it does not tell. */
export async function sourceDirectory(
  vmlinux: string,
  prefix: Prefix,
): Promise<string | undefined> {
  const [first] = await functionsOf(vmlinux, new Set(["kernel_init"]), prefix);
  const place = first && (await placeOf(vmlinux, first.address, undefined, prefix));
  return /^(.*)\/init\/main\.c:/.exec(place ?? "")?.[1];
}

/** A decoded line in which this frame is at that place. */
export function withPlace(line: string, frame: Frame, place: string): string {
  const name = frame.name.replace(/[.$]/g, "\\$&");
  const decoded = new RegExp(`(^|\\s)${name}(?: \\([^)]*\\)|\\+0x[0-9a-f]+/0x[0-9a-f]+)`);
  return line.replace(decoded, (_all, before: string) => `${before}${frame.name} (${place})`);
}

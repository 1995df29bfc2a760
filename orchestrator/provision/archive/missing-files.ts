// SPDX-License-Identifier: MIT
//
// A mirror whose index names files that it does not have: nothing here is wrong, and apt's own words do not say so.

/** What a person has to know where apt was answered 404; undefined where that is not what ended it. */
export function missingFiles(output: readonly string[]): string | undefined {
  const missing = output.flatMap((line, index) => {
    const [, where = "", what] = /^Err:\d+ (\S+) \S+ (.+)$/.exec(line) ?? [];
    const gone = /^\s+404\s+Not Found/.test(output[index + 1] ?? "");
    return gone && what !== undefined ? [{ where, what }] : [];
  });
  const [first] = missing;
  if (first === undefined) return undefined;
  const names = [...new Set(missing.map(({ what }) => what))].join(", ");
  return (
    `${first.where} names files in its index that it does not have: ${names}. ` +
    "A mirror may lack them for a while, or for good: ask again later, choose another version, or name another mirror in /etc/apt"
  );
}

// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { featuresOf } from "./kernel-features.ts";

/** A tree with this pci-epf-vntb alone. */
async function featuresOfVntb(text: string): Promise<string[]> {
  const tree = mkdtempSync(join(tmpdir(), "kernel-features-"));
  onTestFinished(() => rmSync(tree, { recursive: true }));
  const file = join(tree, "drivers/pci/endpoint/functions/pci-epf-vntb.c");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return featuresOf(tree);
}

/** The driver's functions that bind and unbind, as they are laid out there. */
const binding = (body: string) => `/**
 * epf_ntb_bind() - Initialize endpoint controller
 */
static int epf_ntb_bind(struct pci_epf *epf)
{
	if (!epf->epc)
		return 0;

${body}
}

/**
 * epf_ntb_unbind() - Cleanup the initialization from epf_ntb_bind()
 */
static void epf_ntb_unbind(struct pci_epf *epf)
{
}
`;

test("several virtual NTBs can be where binding one does not register the driver that all share", async () => {
  const shared = "	ret = pci_register_driver(&vntb_pci_driver);";
  expect(await featuresOfVntb(binding(shared))).toEqual([]);
  expect(await featuresOfVntb("")).toEqual([]);
  const own = "	ret = vpci_register_driver(ntb);";
  expect(await featuresOfVntb(binding(own))).toEqual(["several-vntbs"]);
  const once = `${binding("	return 0;")}static int __init epf_ntb_init(void)\n{\n${shared}\n}\n`;
  expect(await featuresOfVntb(once)).toEqual(["several-vntbs"]);
});

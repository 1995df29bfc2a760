// SPDX-License-Identifier: MIT
import * as z from "zod";

const id16 = z.int().min(0).max(0xffff);

/** The value of a file of configfs. */
export const setting = z.union([z.int(), z.string().regex(/^\S+$/)], {
  error: "expected a number or a word",
});

/** A file of configfs, such as mw2_offset or nvme/portid; whether the kernel has it shows when it is written. */
export const attribute = z.string().regex(/^[\w.-]+(?:\/[\w.-]+)*$/, {
  error: "expected an attribute's name, or GROUP/NAME",
});

export const attributesSchema = z.record(attribute, setting).default({});

/** By what name steps call one of the scenario's `functions`. */
export const functionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, {
    error: "expected a name of lower-case letters, digits and dashes",
  })
  .optional();

/** What configfs is told about the endpoint function; `settings` go to the function driver's own group. */
export const functionSchema = z.strictObject({
  driver: z.string().default("pci_epf_vntb"),
  vendor: id16,
  device: id16,
  class: z
    .int()
    .min(0)
    .max(0xffffff)
    .default(0x0500)
    .describe(
      "Base class and sub-class, as 0x0500; or these and the programming interface, as 0x010802.",
    ),
  "msi-interrupts": z.int().min(0).max(32).default(16),
  "msix-interrupts": z.int().min(0).max(2048).default(0),
  attributes: attributesSchema.describe(
    "Attributes of the function's own directory beside those above; GROUP/NAME is one of a group inside.",
  ),
  settings: attributesSchema.describe(
    "Attributes of the driver's own group, whatever its name is.",
  ),
});

export type EndpointFunction = z.output<typeof functionSchema>;

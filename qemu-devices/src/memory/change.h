/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of the memory map while the guest runs.
 *
 * Under software emulation a CPU remembers a region by its number in the map of
 * the moment.  QEMU 10.0 looks that number up in the map as it is when the access
 * is made (iotlb_to_section()), and tells CPUs of a new map only afterwards: one
 * that makes an access just then finds another region, or none and QEMU stops.
 * So a map changes here only while no CPU executes.
 */
#ifndef NTB_EDMA_MEMORY_CHANGE_H
#define NTB_EDMA_MEMORY_CHANGE_H

/*
 * Run FUNC with the big lock and with no CPU executing guest code: at once
 * where no CPU is emulated, else before this CPU's next piece of code or, for
 * other threads, soon.  Needs the big lock.  Changes are made in order.
 */
void dwc_memory_change(void (*func)(void *opaque), void *opaque);

#endif

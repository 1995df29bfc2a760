/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The controller behind the endpoint's SMMU.
 *
 * QEMU's SMMUv3 translates for the functions of the machine's PCI bus.  The
 * controller takes the place of one there that no configuration space shows: its
 * stream ID is what would be that function's requester ID.
 *
 * Nothing is remembered here: what the SMMU says holds as long as the big lock is
 * held, for the guest's commands to it need that lock, too.
 */
#ifndef NTB_EDMA_CORE_SMMU_H
#define NTB_EDMA_CORE_SMMU_H

#include "qemu/notify.h"
#include "core/controller.h"

/* How many controllers and memcpy engines of a machine can have one of their own. */
#define DWC_SMMU_STREAMS 8

/* With iommu=on, once.  False: this machine has no SMMU, or no stream is left. */
bool dwc_ep_smmu_init(DwcPcieEp *ep, Error **errp);

/*
 * Where the CPUs see what the controller sees at ADDR, with the big lock.  LEN is
 * cut to what is translated alike.  False: the SMMU refuses, and has recorded
 * why, or nothing is there.
 */
bool dwc_ep_smmu_translate(DwcPcieEp *ep, uint64_t addr, bool write,
                           uint64_t *cpu, uint64_t *len);

/*
 * Tells of what changes how the machine's SMMU treats streams and is no
 * invalidation of translations, of which QEMU tells: before the SMMU acts by it,
 * with the big lock.  In smmu-watch.c.
 */
void dwc_ep_smmu_watch(Notifier *changes);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function that the endpoint controller presents, in the host VM. */
#ifndef NTB_EDMA_FUNCTION_H
#define NTB_EDMA_FUNCTION_H

#include "hw/pci/pci_device.h"
#include "qemu/thread.h"
#include "qom/object.h"
#include "link.h"
#include "local-memory.h"
#include "peer-memory.h"

#define TYPE_DWC_PCIE_FUNCTION "dwc-pcie-function"
OBJECT_DECLARE_SIMPLE_TYPE(DwcPcieFunction, DWC_PCIE_FUNCTION)

typedef struct DwcFunctionBar {
    DwcPcieFunction *fn;
    unsigned n;
    MemoryRegion container, trap;
    bool present;
} DwcFunctionBar;

/* A window as the endpoint announced it, and the RAM shown for it. */
typedef struct DwcFunctionWindow {
    bool valid;
    unsigned bar;
    uint64_t offset, size, target;
    GPtrArray *aliases;
} DwcFunctionWindow;

/* Something that has to wait for the big lock, in order of arrival. */
typedef struct DwcWork {
    QSIMPLEQ_ENTRY(DwcWork) next;
    uint16_t type;
    uint32_t seq;
    union {
        DwcLinkWindow window;
        DwcLinkCfg cfg;
        DwcLinkIntx intx;
        DwcLinkMem mem;
    };
    uint8_t data[];
} DwcWork;

struct DwcPcieFunction {
    PCIDevice parent_obj;

    char *link_path;
    char *trace;

    DwcLink *link;
    DwcLocalMemory local;
    bool share_ram;
    QEMUBH *bh;

    QemuMutex lock;             /* what follows up to the blank line */
    QemuCond ready;
    DwcLinkHelloState hello;
    bool got_hello, got_config, is_ready, gone;
    QSIMPLEQ_HEAD(, DwcWork) work;

    DwcLinkConfig config;
    uint8_t space[DWC_LINK_CONFIG_SIZE];
    DwcPeerMemory *peer;        /* the endpoint's RAM */
    DwcFunctionBar bar[DWC_LINK_BARS];
    DwcFunctionWindow window[DWC_LINK_MAX_WINDOWS];
};

/* BARs and what they show, in function-windows.c; all with the big lock. */
void dwc_function_init_bar(DwcPcieFunction *fn, unsigned n, uint64_t size);
void dwc_function_map(DwcPcieFunction *fn, const DwcLinkWindow *window);
void dwc_function_unmap(DwcPcieFunction *fn, const DwcLinkWindow *window);
void dwc_function_unmap_all(DwcPcieFunction *fn);

/* The endpoint's accesses to this VM's memory, in function-bus.c. */
void dwc_function_mem_write(DwcPcieFunction *fn, const DwcLinkMem *mem,
                            const void *data);
void dwc_function_mem_read(DwcPcieFunction *fn, uint32_t seq,
                           const DwcLinkMem *mem);

#endif

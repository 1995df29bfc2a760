/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The function that the endpoint controller presents, in the host VM. */
#ifndef NTB_EDMA_FUNCTION_FUNCTION_H
#define NTB_EDMA_FUNCTION_FUNCTION_H

#include "hw/pci/pci_device.h"
#include "qemu/notify.h"
#include "qemu/thread.h"
#include "qom/object.h"
#include "link/link.h"
#include "memory/handed-out.h"
#include "memory/iotlb.h"
#include "memory/local.h"
#include "edma/regs.h"
#include "memory/peer.h"
#include "link/post-ring.h"

#define TYPE_DWC_PCIE_FUNCTION "dwc-pcie-function"
OBJECT_DECLARE_SIMPLE_TYPE(DwcPcieFunction, DWC_PCIE_FUNCTION)

typedef struct DwcFunctionBar {
    DwcPcieFunction *fn;
    unsigned n;
    uint64_t size;              /* 0: none is there */
    uint32_t flags;
    MemoryRegion container, trap;
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
    unsigned function;
    uint32_t seq;
    union {
        DwcLinkWindow window;
        DwcLinkBars bars;
        DwcLinkCfg cfg;
        DwcLinkIntx intx;
        DwcLinkMsix msix;
        DwcLinkTranslate translate;
        DwcLinkMem mem;
        DwcLinkError error;
    };
    uint8_t data[];
} DwcWork;

/*
 * The endpoint's eDMA registers, for the windows that lead there: writes are
 * posted in shared memory and reads served from it.
 */
typedef struct DwcFunctionRegisters {
    const uint32_t *page;       /* the register file */
    const DwcEdmaMap *map;      /* what is where in it */
    DwcPostPages *posts;
    uint32_t head;              /* of posts->registers; big lock */
    uint32_t memory_tail;       /* of posts->memory; big lock */
    uint64_t delayed;           /* the last write of `posted` to one; big lock */
    uint64_t base;              /* in the endpoint */
    int kick[2 * DWC_EDMA_MAX_CHANNELS];
    int memory_event;
} DwcFunctionRegisters;

/* A function as the endpoint announced it. */
typedef struct DwcAnnounced {
    DwcLinkConfig config;
    uint8_t space[DWC_LINK_CONFIG_SIZE];
} DwcAnnounced;

struct DwcPcieFunction {
    PCIDevice parent_obj;

    /*
     * The link, and what there is one of for all functions, is the first one's:
     * what follows up to `config`, and `vanished`.
     */
    DwcPcieFunction *first;     /* of one that is alone, itself */
    unsigned number;            /* among them */
    DwcPcieFunction *numbered[DWC_LINK_FUNCTIONS];
    unsigned functions;         /* from the hello on */
    DwcAnnounced announced[DWC_LINK_FUNCTIONS];

    char *link_path;
    char *trace;
    uint32_t latency_us;

    DwcLink *link;
    Notifier exit;              /* QEMU ends */
    DwcLocalMemory local;
    DwcHandedOut *handed_out;   /* NULL: bus addresses are RAM's; big lock */
    QEMUBH *bh;

    QemuMutex lock;             /* what follows up to the blank line */
    QemuCond ready;
    DwcLinkHelloState hello;
    bool got_hello, is_ready, gone;
    unsigned got_configs;
    QSIMPLEQ_HEAD(, DwcWork) work;
    unsigned work_waiting;

    QSIMPLEQ_HEAD(, DwcWork) changes;   /* of the memory map; big lock */
    bool changing;              /* ... and somebody will make them */
    DwcPeerMemory *peer;        /* the endpoint's RAM */
    DwcIotlb pages;             /* of BARs, which lead there; has its own lock */
    DwcFunctionRegisters regs;
    void *time_pages;           /* shared with the endpoint, until it is met */
    uint64_t posted;            /* BAR writes that went as messages; big lock */
    uint64_t arrived;           /* ... up to here what goes to RAM and registers
                                 * is made, if they are not behind an SMMU, */
    uint64_t made;              /* ... up to here everything */
    DwcLinkConfig config;
    bool resets_itself;         /* a function-level reset; big lock */
    bool vanished;              /* the link was lost; big lock */
    QEMUTimer *intx_fall;       /* see intx.c; big lock */
    int64_t intx_until;
    uint32_t intx_serial;       /* of the last assertion */
    DwcFunctionBar bar[DWC_LINK_BARS];
    bool has_bars, took_bars;
    uint32_t bars_serial;       /* of the state that was taken last */
    DwcFunctionBar *msix_bar;   /* whose MSI-X table traps, or NULL */
    MemoryRegion msix_table;
    uint64_t msix_offset;       /* of what traps, in the BAR */
    DwcFunctionWindow window[DWC_LINK_MAX_WINDOWS];
    unsigned windows;           /* all valid ones are below */
};

/* The functions' end of the link, in link.c. */
extern const DwcLinkOps dwc_function_link_ops;
/* A question to the endpoint, and a message, about FN; see link/link.h. */
DwcLinkCall *dwc_function_ask(DwcPcieFunction *fn, DwcLinkType type,
                              const void *fixed, size_t fixed_len);
bool dwc_function_tell(DwcPcieFunction *fn, DwcLinkType type,
                       const void *fixed, size_t fixed_len, bool wait);
/* Until the endpoint has announced everything; false with ERRP set. */
bool dwc_function_wait_ready(DwcPcieFunction *fn, Error **errp);
/* The bottom half: what came over the link and needs the big lock. */
void dwc_function_work(void *opaque);
/*
 * Ends a bottom half's or a handler's reference, with the big lock.  QEMU's part
 * of the bottom half uses FN once more after that.
 */
void dwc_function_let_go(DwcPcieFunction *fn);
/* Forget what has not been done; the link's thread has ended. */
void dwc_function_drop_work(DwcPcieFunction *fn);

/* The functions beside the first, in others.c; big lock. */
/* As many as the endpoint has; false with ERRP set. */
bool dwc_function_add_others(DwcPcieFunction *first, Error **errp);
void dwc_function_remove_others(DwcPcieFunction *first);

/* Configuration space, in config.c; all with the big lock. */
/* Become what the endpoint announced; false with ERRP set. */
bool dwc_function_take_config(DwcPcieFunction *fn, Error **errp);
/* The endpoint's software has changed this register. */
void dwc_function_update_config(DwcPcieFunction *fn, const DwcLinkCfg *cfg);
/* Function-level reset and what else resets. */
void dwc_function_reset(DwcPcieFunction *fn);
uint32_t dwc_function_config_read(PCIDevice *pdev, uint32_t addr, int len);
void dwc_function_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                               int len);

/* The slot, in slot.c; big lock. */
/* The port whose slot FN is in, or NULL; NULL, too, when FN has been unplugged. */
PCIDevice *dwc_function_port(DwcPcieFunction *fn);
/* Tell the host that there is a function; at the end of realize. */
void dwc_function_appear(DwcPcieFunction *fn);
/* The link is lost: the function is gone, all at once, and deletes itself. */
void dwc_function_vanish(DwcPcieFunction *fn);

/* Errors that the host's port finds and reports, in errors.c; big lock. */
/* FN has written what the port drops. */
void dwc_function_flawed(DwcPcieFunction *fn, DwcLinkFlaw flaw, uint64_t addr,
                         unsigned size);
/* Nobody answers for an access of FN's. */
void dwc_function_unsupported(DwcPcieFunction *fn, uint64_t addr, unsigned size,
                              bool is_write);
/* FN sends MESSAGE: a DwcLinkError. */
void dwc_function_error(DwcPcieFunction *fn, uint32_t message);
/* A function behind PORT, which may be NULL, does not answer a read of the host's. */
void dwc_function_timed_out(PCIDevice *port);

/* BARs, in bars.c; all with the big lock. */
void dwc_function_init_bars(DwcPcieFunction *fn);
void dwc_function_exit_bars(DwcPcieFunction *fn);
/* BARs are now as BARS says, unless that is no news any more. */
void dwc_function_take_bars(DwcPcieFunction *fn, const DwcLinkBars *bars);

/* The host's accesses to BARs, in access.c; all with the big lock. */
extern const MemoryRegionOps dwc_function_bar_ops;
/* One that the host cannot make by itself, at OFFSET of BAR. */
uint64_t dwc_function_bar_read(DwcFunctionBar *bar, uint64_t offset,
                               unsigned size);
void dwc_function_bar_write(DwcFunctionBar *bar, uint64_t offset, uint64_t val,
                            unsigned size);
/*
 * Waits, without the big lock, until the endpoint has made what was posted.  READ:
 * before a read, which times out with it.
 */
void dwc_function_flush(DwcPcieFunction *fn, bool read);

/* What BARs show, in windows.c; all with the big lock. */
void dwc_function_map(DwcPcieFunction *fn, const DwcLinkWindow *window);
void dwc_function_unmap(DwcPcieFunction *fn, const DwcLinkWindow *window);
void dwc_function_unmap_all(DwcPcieFunction *fn);
/* The window at this place of a BAR: where it leads, for SIZE bytes or more. */
bool dwc_function_target(DwcPcieFunction *fn, unsigned bar, uint64_t offset,
                         unsigned size, uint64_t *target);

/* INTx, in intx.c; big lock. */
void dwc_function_intx(DwcPcieFunction *fn, const DwcLinkIntx *intx);
/* The level falls at once. */
void dwc_function_intx_exit(DwcPcieFunction *fn);

/* MSI, in msi.c; big lock. */
/* Whether this write is an MSI that has to wait; then it is pending. */
bool dwc_function_msi_held(DwcPcieFunction *fn, uint64_t addr, uint32_t data,
                           unsigned size);
/* The host wrote here: send what need not wait any more. */
void dwc_function_msi_written(DwcPcieFunction *fn, uint32_t addr, int len);

/* MSI-X through the core's doorbell, in msix.c; big lock. */
void dwc_function_msix_init(DwcPcieFunction *fn);
void dwc_function_msix(DwcPcieFunction *fn, unsigned vector);
void dwc_function_msix_written(DwcPcieFunction *fn, uint32_t addr, int len);
/* The table traps if MSI-X is enabled now. */
void dwc_function_msix_follow(DwcPcieFunction *fn);
void dwc_function_msix_untrap(DwcPcieFunction *fn);

/* eDMA registers without a message, in registers.c; big lock. */
void dwc_function_registers_init(DwcPcieFunction *fn);
void dwc_function_registers_cleanup(DwcPcieFunction *fn);
bool dwc_function_share(DwcPcieFunction *fn, DwcLinkMessage *msg);
bool dwc_function_is_register(DwcPcieFunction *fn, uint64_t target,
                              unsigned size);
/* Whether the link has a latency, which the registers are to have, too. */
bool dwc_function_registers_slow(DwcPcieFunction *fn);
/* False: TARGET is not a register, or the endpoint has to be asked. */
bool dwc_function_register_read(DwcPcieFunction *fn, uint64_t target,
                                unsigned size, uint64_t *val);
bool dwc_function_register_write(DwcPcieFunction *fn, uint64_t target,
                                 unsigned size, uint64_t val);

/* On one virtual time with the endpoint, in time.c. */
/* Takes what it is kept by; false: this VM has no virtual time. */
bool dwc_function_take_time(DwcPcieFunction *fn, int fd);
/* What it was given and does not need: it is deleted before their time begins. */
void dwc_function_drop_time(DwcPcieFunction *fn);
/* Both or neither; false with ERRP set.  Then their time begins. */
bool dwc_function_meet(DwcPcieFunction *fn, Error **errp);
/* Big lock; false: the access is not of a CPU's that executes. */
bool dwc_function_time_read(DwcPcieFunction *fn, const DwcLinkBarAccess *access,
                            uint64_t *val);
/* MEMORY: it goes to no register. */
bool dwc_function_time_write(DwcPcieFunction *fn,
                             const DwcLinkBarAccess *access, bool memory);

/*
 * Pages of BARs in front of an endpoint that is behind an IOMMU, in pages.c: what
 * it has said of where they lead, on the link's thread.
 */
void dwc_function_take_page(DwcPcieFunction *first, unsigned function,
                            const DwcLinkPage *page);
void dwc_function_drop_pages(DwcPcieFunction *first, uint32_t seq);
/* With the big lock: false if it has said nothing, and so has to be asked. */
bool dwc_function_page_read(DwcFunctionBar *bar, uint64_t offset, uint64_t *val,
                            unsigned size);
bool dwc_function_page_write(DwcFunctionBar *bar, uint64_t offset, uint64_t val,
                             unsigned size);

/* Behind an IOMMU, in iommu.c; big lock. */
void dwc_function_iommu_init(DwcPcieFunction *fn);
void dwc_function_iommu_exit(DwcPcieFunction *fn);
void dwc_function_translate(DwcPcieFunction *fn, uint32_t seq,
                            const DwcLinkTranslate *ask);

/* The endpoint's accesses to this VM's memory, in bus.c. */
/* Whether this thread makes one, for FN or a function beside it. */
bool dwc_function_for_endpoint(const DwcPcieFunction *fn);
/* An error message of the function's. */
void dwc_function_take_error(DwcPcieFunction *fn, uint32_t message);
/* Make the short writes that wait in shared memory. */
void dwc_function_take_posts(DwcPcieFunction *fn);
/* Make all writes that have come, in link.c; FN has the link, and may lose it. */
void dwc_function_take_writes(DwcPcieFunction *fn);
/* An interrupt message of the function's own. */
void dwc_function_send_msi(DwcPcieFunction *fn, uint64_t addr, uint32_t data);
void dwc_function_mem_write(DwcPcieFunction *fn, const DwcLinkMem *mem,
                            const void *data);
/* As the endpoint reads it; false: nothing answers. */
bool dwc_function_fetch(DwcPcieFunction *fn, const DwcLinkMem *mem, void *data);
void dwc_function_mem_read(DwcPcieFunction *fn, uint32_t seq,
                           const DwcLinkMem *mem);

#endif

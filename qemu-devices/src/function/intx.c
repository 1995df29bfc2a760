/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * INTx at the host.
 *
 * Endpoints make short pulses: 30 us in Linux's pcie-uniphier-ep.c, 1 ms in
 * other glue.  Silicon takes an interrupt within that time.  An emulated CPU
 * may not have run at all, both messages may even come out of the link at
 * once, and an interrupt controller forgets a level that has fallen.  So a
 * level that was asserted stays for a while; a handler that is called more than
 * once by it is what a level-triggered interrupt makes usual anyway.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/timer.h"
#include "function/function.h"

/* A few time slices of a busy machine. */
#define HOLD_NS     (20 * SCALE_MS)

/* The status bit is in the endpoint, which is told so. */
static void fn_intx_fall(void *opaque)
{
    DwcPcieFunction *fn = opaque;
    PCIDevice *pdev = PCI_DEVICE(fn);
    DwcLinkIntxFell fell = { .serial = cpu_to_le32(fn->intx_serial) };

    if (pdev->config[PCI_INTERRUPT_PIN]) {
        pci_set_irq(pdev, 0);
    }
    if (fn->first->link) {
        dwc_function_tell(fn, DWC_LINK_INTX_FELL, &fell, sizeof(fell), false);
    }
}

void dwc_function_intx(DwcPcieFunction *fn, const DwcLinkIntx *intx)
{
    PCIDevice *pdev = PCI_DEVICE(fn);
    /* Wall-clock time: a guest that has not run has no time of its own. */
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);

    if (pdev->config[PCI_INTERRUPT_PIN] != le32_to_cpu(intx->pin) + 1) {
        return;
    }
    if (!fn->intx_fall) {
        fn->intx_fall = timer_new_ns(QEMU_CLOCK_REALTIME, fn_intx_fall, fn);
    }
    if (le32_to_cpu(intx->asserted)) {
        timer_del(fn->intx_fall);
        fn->intx_until = now + HOLD_NS;
        fn->intx_serial = le32_to_cpu(intx->serial);
        pci_set_irq(pdev, 1);
    } else if (now < fn->intx_until) {
        timer_mod(fn->intx_fall, fn->intx_until);
    } else {
        fn_intx_fall(fn);
    }
}

void dwc_function_intx_exit(DwcPcieFunction *fn)
{
    if (fn->intx_fall) {
        fn_intx_fall(fn);
        timer_free(fn->intx_fall);
        fn->intx_fall = NULL;
    }
}

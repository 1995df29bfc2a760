// SPDX-License-Identifier: GPL-2.0-only
/*
 * NTB transport: the module, and which backend it uses.
 */
#include <linux/module.h>

#include "core/transport.h"
#include "shm/shm.h"
#ifdef CONFIG_NTB_TRANSPORT_EDMA
#include "edma/edma.h"
#endif

MODULE_DESCRIPTION("Queue pairs over an NTB, by shared memory or a remote DesignWare eDMA");
MODULE_LICENSE("GPL");

#ifdef CONFIG_NTB_TRANSPORT_EDMA
static bool use_remote_edma;
module_param(use_remote_edma, bool, 0444);
MODULE_PARM_DESC(use_remote_edma, "Move payload with the endpoint's DesignWare eDMA");
#endif

static const struct ntb_transport_backend *const nt_backends[] = { &shm_backend,
#ifdef CONFIG_NTB_TRANSPORT_EDMA
								   &edma_backend,
#endif
								   NULL };

static int __init nt_init(void)
{
#ifdef CONFIG_NTB_TRANSPORT_EDMA
	if (use_remote_edma)
		return nt_register(nt_backends, &edma_backend);
#endif
	return nt_register(nt_backends, &shm_backend);
}
module_init(nt_init);

static void __exit nt_exit(void)
{
	nt_unregister();
}
module_exit(nt_exit);

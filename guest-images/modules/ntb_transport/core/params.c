// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters that backends and core use alike.
 */
#include <linux/module.h>

#include "core/transport.h"

unsigned long max_mw_size;
module_param(max_mw_size, ulong, 0644);
MODULE_PARM_DESC(max_mw_size, "Use at most this many bytes of a memory window");

/* A frame of the default backend has a header, and some payload is wanted, too. */
#define NT_MTU_MIN	64

static int nt_param_set_mtu(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, NT_MTU_MIN, INT_MAX);
}

static const struct kernel_param_ops nt_param_mtu_ops = {
	.set = nt_param_set_mtu,
	.get = param_get_uint,
};

unsigned int transport_mtu = 0x10000;
module_param_cb(transport_mtu, &nt_param_mtu_ops, &transport_mtu, 0644);
MODULE_PARM_DESC(transport_mtu, "Largest frame in bytes");

unsigned char max_num_clients;
module_param(max_num_clients, byte, 0644);
MODULE_PARM_DESC(max_num_clients, "Number of queue pairs (0: one for each memory window)");

unsigned int copy_bytes = 1024;
module_param(copy_bytes, uint, 0644);
MODULE_PARM_DESC(copy_bytes, "Frames below this size are copied by the CPU even with use_dma");

bool use_dma;
module_param(use_dma, bool, 0644);
MODULE_PARM_DESC(use_dma, "Copy with a local DMA engine where there is one");

bool use_msi;
#ifdef CONFIG_NTB_MSI
module_param(use_msi, bool, 0644);
MODULE_PARM_DESC(use_msi, "Ask for peer-written MSIs instead of doorbells");
#endif

bool tx_memcpy_offload;
module_param(tx_memcpy_offload, bool, 0644);
MODULE_PARM_DESC(tx_memcpy_offload, "Copy outgoing frames in a kernel thread");

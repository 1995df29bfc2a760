#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes a series of one patch that gives a kernel a transport of its own in place of ntb_transport: this project's sources under
# names that the lab does not know. Three modules, of which two are backends; parameters, symbols and statistics of other names.
# Prints the command that runs remote-edma on it.
# Usage: make-own-transport.sh DIR [SOURCE]
#   SOURCE  the kernel tree that the patch is for (default: the one in the lab's cache)
set -eu

here=$(dirname "$(readlink -f "$0")")
ours=$here/../../guest-images/modules/ntb_transport
into=${1:?usage: make-own-transport.sh DIR [SOURCE]}
[ ! -e "$into" ] || { echo "$into is there already" >&2; exit 2; }

source=${2:-}
[ -n "$source" ] || for tree in "${XDG_CACHE_HOME:-$HOME/.cache}"/ntb-edma-lab/trees/linux-source-7.*; do
	[ -f "$tree/Makefile" ] && source=$tree
done
[ -n "$source" ] || { echo "the lab has no kernel source yet: run a scenario first" >&2; exit 2; }

work=$(mktemp --directory)
trap 'rm -r "$work"' EXIT
mkdir -p "$into/series" "$work/a/drivers/ntb" "$work/b/drivers/ntb/rq"
cp "$source/drivers/ntb/Makefile" "$source/drivers/ntb/Kconfig" "$work/a/drivers/ntb"
cp "$source/drivers/ntb/Makefile" "$source/drivers/ntb/Kconfig" "$work/b/drivers/ntb"

cd "$work/b/drivers/ntb"
sed -i 's,+= ntb_transport.o$,+= rq/,' Makefile
sed -i '/^endif # NTB$/d' Kconfig
cat >>Kconfig <<'END'
config NTB_RQ_SHM
	tristate "NTB Transport Client: frames in shared memory"
	depends on NTB_TRANSPORT

config NTB_RQ_REMOTE
	tristate "NTB Transport Client: frames by the peer's DMA engine"
	depends on NTB_TRANSPORT && DW_EDMA

endif # NTB
END

cd rq
(cd "$ours" && find core shm edma -name '*.[ch]' | tar --create --files-from=-) | tar --extract
find . -name '*.[ch]' -exec sed -i 's/use_remote_edma/backend/g; s/\btransport_mtu\b/frame_size/g; s/\bmax_num_clients\b/queue_pairs/g' {} +
objects() { # DIR: its files as make has them
	(cd "$1" && ls ./*.c | sed "s,^\./\(.*\)\.c\$,$1/\1.o," | tr '\n' ' ')
}
{
	echo "# SPDX-License-Identifier: GPL-2.0-only"
	echo "obj-\$(CONFIG_NTB_TRANSPORT) += ntb_rq_core.o"
	echo "obj-\$(CONFIG_NTB_RQ_SHM) += ntb_rq_shm.o"
	echo "obj-\$(CONFIG_NTB_RQ_REMOTE) += ntb_rq_remote.o"
	echo "ntb_rq_core-y := exports.o $(objects core) $(objects shm) $(objects edma) $(objects edma/ep) $(objects edma/host)"
	echo 'ccflags-y += -I$(src) -DCONFIG_NTB_TRANSPORT_EDMA=1'
} >Makefile
cat >exports.c <<'END'
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "core/transport.h"
#include "shm/shm.h"
#include "edma/edma.h"

MODULE_DESCRIPTION("Queue pairs over an NTB: what both backends have in common");
MODULE_LICENSE("GPL");

EXPORT_SYMBOL_GPL(nt_register);
EXPORT_SYMBOL_GPL(nt_unregister);
EXPORT_SYMBOL_GPL(shm_backend);
EXPORT_SYMBOL_GPL(edma_backend);
END
backend() { # FILE NAME WHAT
	cat >"$1.c" <<END
// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "core/transport.h"
#include "shm/shm.h"
#include "edma/edma.h"

MODULE_DESCRIPTION("Queue pairs over an NTB, by $3");
MODULE_LICENSE("GPL");

static const struct ntb_transport_backend *const rq_backends[] = { &shm_backend, &edma_backend, NULL };

static int __init rq_init(void)
{
	return nt_register(rq_backends, &$2);
}
module_init(rq_init);

static void __exit rq_exit(void)
{
	nt_unregister();
}
module_exit(rq_exit);
END
}
backend ntb_rq_shm shm_backend "shared memory"
backend ntb_rq_remote edma_backend "the peer's DMA engine"

cd "$work"
{
	cat <<'END'
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Own Transport <own-transport@localhost>
Date: Sun, 29 Nov 2026 12:00:00 +0000
Subject: [PATCH] NTB: a transport of a core and two backends

In place of ntb_transport.
---
END
	# 1 says that they differ.
	git diff --no-index --no-prefix --no-color a b || [ $? = 1 ]
	printf -- '-- \nown transport\n'
} >"$into/series/0001-ntb-rq.patch"

cat >"$into/rq.config" <<'END'
CONFIG_NTB_RQ_SHM=m
CONFIG_NTB_RQ_REMOTE=m
END

cat <<END
./ntb-edma-lab scenario remote-edma --patches $into/series --config-fragment $into/rq.config \\
  --set transport.from=tree \\
  --set 'transport.default=[{ name: ntb_rq_core }, { name: ntb_rq_shm }]' \\
  --set 'transport.remote-edma=[{ name: ntb_rq_core }, { name: ntb_rq_remote }]' \\
  --set 'transport.symbols=[CONFIG_NTB_RQ_SHM=m, CONFIG_NTB_RQ_REMOTE=m]' \\
  --set 'checks.drivers-bound.endpoint=[dw-pcie, pci_epf_vntb, ntb_rq_core, ntb_netdev]' \\
  --set 'checks.drivers-bound.host=[ntb_hw_epf, ntb_rq_core, ntb_netdev]' \\
  --set 'transport.statistics=/sys/kernel/debug/ntb_rq_core/*'
END

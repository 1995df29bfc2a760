#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes a git repository with a history to bisect: the kernel source that the lab has unpacked, then twelve commits. Most
# of them say something in a comment; the ninth takes a fix out, as NAME.revert.patch beside this script does.
# Prints the command that finds it. What no guest's kernel is built from (other architectures, graphics, sound ...) is left
# out of the repository, which has the tags "good" and "bad". Files keep the times that they have in the source, by which the
# first build of the repository can begin from the lab's own.
# Usage: make-history.sh DIR [NAME [SOURCE]]
#   NAME    vntb-unbind (default), or another one with a NAME.revert.patch beside this script
#   SOURCE  a kernel tree that has not been built in place (default: the one in the lab's cache)
set -eu

here=$(dirname "$(readlink -f "$0")")
into=${1:?usage: make-history.sh DIR [NAME [SOURCE]]}
name=${2:-vntb-unbind}
patch=$here/$name.revert.patch
[ -f "$patch" ] || { echo "no patch $patch" >&2; exit 2; }
[ ! -e "$into" ] || { echo "$into is there already" >&2; exit 2; }

source=${3:-}
[ -n "$source" ] || for tree in "${XDG_CACHE_HOME:-$HOME/.cache}"/ntb-edma-lab/trees/linux-source-7.*; do
	[ -f "$tree/Makefile" ] && source=$tree
done
[ -n "$source" ] || { echo "the lab has no kernel source yet: run a scenario first" >&2; exit 2; }

echo "Copying $source"
mkdir -p "$into"
tar --directory "$source" --create --exclude='./arch/arm64/boot/dts/*/*.dts*' . |
	tar --directory "$into" --extract
cd "$into"
# Of these, only Kconfig's files and some makefiles are read (and of x86 its table of system calls).
find Documentation arch -path arch/arm64 -prune -o -path arch/arm -prune -o -path arch/x86 -prune -o -type f ! -name 'Kconfig*' ! -name 'Makefile*' -print0 | xargs -0 rm
find sound fs/xfs fs/btrfs fs/ocfs2 fs/smb fs/f2fs drivers/gpu drivers/media drivers/staging drivers/infiniband drivers/scsi \
	drivers/net/ethernet drivers/net/wireless drivers/iio drivers/hwmon drivers/crypto drivers/accel -name '*.[chS]' -delete

git init --quiet --initial-branch=main
git config user.name "Lab History"
git config user.email lab-history@localhost
git config core.compression 1
git config gc.auto 0
git add --all --force
git commit --quiet --message="Linux"
git tag good

commit() { git commit --quiet --all --message="$1"; }
note() { # FILE SUBJECT: a change that changes nothing
	printf '\n/* %s */\n' "$2" >>"$1"
	commit "$2"
}
note drivers/ntb/ntb_transport.c "ntb: transport: say where the file ends"
note drivers/net/ntb_netdev.c "net: ntb_netdev: say where the file ends"
note drivers/pci/endpoint/functions/pci-epf-test.c "PCI: endpoint: pci-epf-test: say where the file ends"
note drivers/ntb/hw/epf/ntb_hw_epf.c "NTB: epf: say where the file ends"
note drivers/ntb/test/ntb_tool.c "ntb: tool: say where the file ends"
note drivers/pci/endpoint/functions/pci-epf-vntb.c "PCI: endpoint: pci-epf-vntb: say where the file ends"
note drivers/ntb/test/ntb_perf.c "ntb: perf: say where the file ends"
note drivers/ntb/test/ntb_pingpong.c "ntb: pingpong: say where the file ends"
git apply --whitespace=nowarn "$patch"
commit "Tidy up, no functional change intended"
note drivers/ntb/core.c "ntb: say where the file ends"
note drivers/misc/pci_endpoint_test.c "misc: pci_endpoint_test: say where the file ends"
note drivers/ntb/ntb_transport.c "ntb: transport: say so twice"
git tag bad

echo "Made $into: $(git rev-list --count good..bad) commits from the tag good to the tag bad. To find the one:"
echo "  ./ntb-edma-lab bisect --kernel $into --good good --bad bad repro/$name"

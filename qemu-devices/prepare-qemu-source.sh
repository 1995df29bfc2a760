#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes an unpacked QEMU source tree ready to build the devices of this
# directory as a module.  Does nothing where it has been done already.
#
# usage: prepare-qemu-source.sh QEMU-SOURCE
set -eu

if [ $# -ne 1 ] || [ ! -f "$1/hw/meson.build" ]; then
    echo "usage: $0 QEMU-SOURCE (a directory with hw/meson.build)" >&2
    exit 2
fi
source=$(cd "$1" && pwd)
devices=$(cd "$(dirname "$0")" && pwd)/src

# The one line that QEMU's own sources get.
if ! grep -q "^subdir('ntb-edma')$" "$source/hw/meson.build"; then
    printf "subdir('ntb-edma')\n" >> "$source/hw/meson.build"
fi

ln -sfn "$devices" "$source/hw/ntb-edma"

# Debian's repacked source lacks the firmware that pc-bios/meson.build names.
# Nothing here boots firmware, and the build only asks that the files exist.
for name in aarch64-code arm-code arm-vars riscv-code riscv-vars i386-code \
            i386-secure-code i386-vars x86_64-code x86_64-secure-code \
            loongarch64-code loongarch64-vars; do
    file="$source/pc-bios/edk2-$name.fd.bz2"
    [ -e "$file" ] || : > "$file"
done

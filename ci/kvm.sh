#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Prints, for a job's outputs, the option with which a container gets this machine's /dev/kvm; none where there is no such
# device. Whether guests really run under it, the lab tries by itself before it trusts it.
set -u

device=${KVM_DEVICE:-/dev/kvm}
if [ -c "$device" ]; then
	echo "options=--device $device"
else
	echo "no $device on this machine: software emulation" >&2
	echo "options="
fi

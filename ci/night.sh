#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A whole night on this machine: all scenarios on each kernel in ci/kernels.txt, one after the other, and one report of all.
# Ends with the gravest exit status. With SHARD=I/N it is this machine's part of a night on N machines, without the report,
# which ci/night-report.sh makes once the parts' directories are together.
# Usage: [SHARD=I/N] [KERNELS="pinned 6.12"] [SCENARIOS="..."] [LABEL=arm] [FLAGS="..."] [HISTORY=FILE] ci/night.sh DIR
set -u

if [ $# -ne 1 ]; then
	echo "usage: [SHARD=I/N] [KERNELS=\"pinned 6.12\"] [SCENARIOS=...] [LABEL=arm] [FLAGS=...] [HISTORY=FILE] ci/night.sh DIR" >&2
	exit 2
fi
here=$(dirname "$0")
kernels=${KERNELS:-$(awk '!/^#/ { print $1 }' "$here/kernels.txt")}
# Parts of several machines may come into one directory: their names differ.
part=${SHARD:-1/1}

# What must be changed says most, then a failure that was seen, then what could not be judged.
rank() {
	case $1 in
	0) echo 0 ;;
	1) echo 2 ;;
	2) echo 3 ;;
	*) echo 1 ;;
	esac
}

# Of another kind of machine (LABEL=arm), results are not compared with those of this one.
label() {
	echo "${LABEL:+$LABEL-}$1"
}

worst=0
expected=
for kernel in $kernels; do
	echo "=== kernel $kernel, part $part"
	expected="$expected $(label "$kernel")"
	SHARD=$part KERNEL=$kernel LABEL=$(label "$kernel") bash "$here/shard.sh" "$1/shard-$(label "$kernel")-${part%/*}"
	status=$?
	# Somebody ended it: there is no night to report on.
	[ "$status" -gt 128 ] && exit "$status"
	[ "$(rank "$status")" -gt "$(rank "$worst")" ] && worst=$status
done
[ -n "${SHARD:-}" ] && exit "$worst"
EXPECT="$expected" exec bash "$here/night-report.sh" "$1"

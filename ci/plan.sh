#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Prints, for a job's outputs, what a night is to have: its kernels, the parts of each, and the labels that the report expects.
# Usage: [KERNELS="pinned 6.12"] [PARTS=2] ci/plan.sh
set -eu

here=$(dirname "$0")
labels=${KERNELS:-$(awk '!/^#/ { print $1 }' "$here/kernels.txt" | xargs)}
kernels=
parts=
for label in $labels; do
	bash "$here/kernel-flags.sh" "$label" >/dev/null
	count=${PARTS:-$(awk -v label="$label" '($1 "") == label { print $2 }' "$here/kernels.txt")}
	kernels="$kernels${kernels:+, }\"$label\""
	for index in $(seq "$count"); do
		parts="$parts${parts:+, }{\"kernel\": \"$label\", \"index\": $index, \"shard\": \"$index/$count\"}"
	done
done
echo "labels=$labels"
echo "kernels=[$kernels]"
echo "parts=[$parts]"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Prints the flags that choose the kernel of this label in ci/kernels.txt.
# Usage: ci/kernel-flags.sh LABEL
set -u

list=$(dirname "$0")/kernels.txt
# The label is compared as text, "6.12" too, which awk would take for a number otherwise.
if ! awk -v label="${1:-}" '($1 "") == label && !/^#/ { $1 = $2 = $3 = ""; print; found = 1 } END { exit !found }' "$list"; then
	echo "expected a kernel of $list, got \"${1:-}\"; it has:" $(awk '!/^#/ { print $1 }' "$list") >&2
	exit 2
fi

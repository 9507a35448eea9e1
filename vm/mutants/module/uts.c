// SPDX-License-Identifier: GPL-2.0-only
/* Lies about UTS namespaces. */
#include <linux/errno.h>
#include <linux/utsname.h>

#include "mutant.h"

const struct mutant uts_mutants[] = {
	MUTANT("uts-unshare-shares",
	       "unshare and clone with CLONE_NEWUTS go on sharing the UTS namespace",
	       BREAKS("uts-clone-copies-names uts-change-invisible-elsewhere"),
	       PROBE("copy_utsname", .entry = drop_flags, .value = CLONE_NEWUTS)),
	MUTANT("uts-setns-does-nothing",
	       "setns to a UTS namespace succeeds and changes nothing",
	       BREAKS("uts-change-invisible-elsewhere"),
	       PROBE("utsns_install", .entry = skip)),
	MUTANT("uts-sethostname-eperm-is-eacces",
	       "sethostname without privilege fails with EACCES",
	       BREAKS("uts-sethostname-cap-in-owner"),
	       PROBE(SYSCALL("sethostname"), .exit = swap_result, .instead_of = -EPERM, .value = -EACCES)),
	{}
};

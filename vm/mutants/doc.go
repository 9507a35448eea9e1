// Package mutants has kernels that lie: a module, in the folder module, that makes
// a stock kernel break one promise about namespaces at a time, the table of what
// it can break, and what it takes to build, load and ask it. A suite that
// does not notice has a gap.
//
// To add a mutant, add an entry to a table in module/TOPIC.c:
//
//	MUTANT("uts-unshare-shares",
//	       "unshare and clone with CLONE_NEWUTS go on sharing the UTS namespace",
//	       BREAKS("uts-clone-copies-names uts-unshare-copies-names"),
//	       PROBE("copy_utsname", .entry = drop_flags, .value = CLONE_NEWUTS)),
//
// The name says the lie, the sentence explains it, BREAKS lists the requirements
// of which a spec must fail, and each PROBE says which function's calls are changed
// and how; module/mutant.h has the ready-made ways. Then run
//
//	nsconform mutants uts-unshare-shares
//
// An entry that breaks nothing, BREAKS(""), only costs: no spec is to notice it, but
// a benchmark; see [Costs].
//
// The module is under the GNU General Public License, version 2, as whatever is
// linked with the kernel; nothing of it is linked with nsconform.
package mutants

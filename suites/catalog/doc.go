// Package catalog holds the requirements: every documented statement about
// Linux namespaces that nsconform knows, each with a readable id, the page and
// section it comes from, and what it takes to test it.
//
// The statements are YAML, one file a topic, embedded in the binary:
//
//	topic: uts                      # the file's name
//	title: UTS namespaces
//	finished: [all]                 # what [Lint] holds to have a spec or a reason: "all", a page, or "PAGE: SECTION"
//	requirements:
//	- id: uts-sysctl-userns-root-eacces    # readable, stable, at most 56 characters
//	  statement: ...                # one sentence, in our own words: what kernels do
//	  page: proc_sys_kernel(5)      # where it is documented
//	  section: hostname, domainname
//	  level: must                   # or may: it records which permitted alternative the kernel chose
//	  since: "6.9"                  # the first kernel that owes it; none: all that nsconform runs on
//	  since_checked: false          # the version is from memory, not from the kernel's history
//	  kind: permission              # see [Kind]
//	  needs: [CAP_SYS_ADMIN]        # see [Needs]; none: anybody, anywhere
//	  kconfig: [CONFIG_UTS_NS]      # without them the kernel owes nothing
//	  inventory: [UTS-UNAME-03]     # the ids of testdata/inventory.txt that it stands for
//	  differs: ...                  # where page and kernels differ: what the page says, what kernels do, how it is known
//	  hard: ...                     # why a test is hard to arrange
//	  untestable: ...               # why there cannot be one
//	  tier: core                    # or peripheral
//
// The catalog is read once, when it is first asked for. A mistake in it is an
// error of [Load], which lists every problem with its file and line; the other
// functions then behave as if the catalog were empty.
package catalog

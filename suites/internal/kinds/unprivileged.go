package kinds

import (
	"os"
	"strings"

	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/spec"
)

// restrictions are the settings by which distributions and administrators keep
// user namespaces from the unprivileged, with the value that does.
var restrictions = []struct {
	file, value string
	code        reports.SkipCode
}{
	{"/proc/sys/user/max_user_namespaces", "0", reports.SkipSysctl},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", reports.SkipSysctl},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", reports.SkipLSM},
}

// NeedUnprivileged skips the spec when this machine is set up so that processes
// without capabilities cannot make user namespaces.
func NeedUnprivileged() {
	for _, r := range restrictions {
		if text, err := os.ReadFile(r.file); err == nil && strings.TrimSpace(string(text)) == r.value {
			spec.SkipFor(r.code, "%s is %s", r.file, r.value)
		}
	}
}

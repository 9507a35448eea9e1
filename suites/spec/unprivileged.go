package spec

import (
	"os"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/reports"
)

// restrictions are the settings by which distributions and administrators keep
// user namespaces from the unprivileged, the first one from all, with the value
// that does.
var restrictions = []struct {
	file, value string
	code        reports.SkipCode
}{
	{"/proc/sys/user/max_user_namespaces", "0", reports.SkipSysctl},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", reports.SkipSysctl},
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", reports.SkipLSM},
}

// restriction returns the code and the setting by which this machine keeps
// processes without capabilities from making user namespaces, if one does. It is
// asked whenever a subject is to have one, and read once.
var restriction = sync.OnceValues(func() (code reports.SkipCode, setting string) {
	for _, r := range restrictions {
		if text, err := os.ReadFile(r.file); err == nil && strings.TrimSpace(string(text)) == r.value {
			return r.code, r.file + " is " + r.value
		}
	}
	return "", ""
})

// NeedUnprivileged skips the spec when this machine is set up so that processes
// without capabilities cannot make user namespaces.
func NeedUnprivileged() {
	if code, setting := restriction(); setting != "" {
		SkipFor(code, "%s", setting)
	}
}

// needUserNamespaces skips the spec when nobody at all can make them.
func needUserNamespaces() {
	if code, setting := restriction(); strings.HasPrefix(setting, restrictions[0].file) {
		SkipFor(code, "%s", setting)
	}
}

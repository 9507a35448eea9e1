package spec

import (
	"testing"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

func TestOnlyWhatTheMachineIsKnownToRefuseIsAnExcuse(t *testing.T) {
	const setting = "/proc/sys/kernel/unprivileged_userns_clone is 0"
	whole := nsutil.Config{"CONFIG_USER_NS": "y", "CONFIG_UTS_NS": "y"}
	without := nsutil.Config{"CONFIG_USER_NS": "y"}
	for _, row := range []struct {
		name    string
		refusal harness.Refusal
		config  nsutil.Config
		setting string
		want    reports.SkipCode
	}{
		{"a user namespace, where a setting keeps it from users", harness.Refusal{Flags: unix.CLONE_NEWUSER, Errno: unix.EPERM}, whole, setting, reports.SkipSysctl},
		{"a user namespace and another", harness.Refusal{Flags: unix.CLONE_NEWUSER | unix.CLONE_NEWUTS, Errno: unix.ENOSPC}, whole, setting, reports.SkipSysctl},
		{"a user namespace, for another reason", harness.Refusal{Flags: unix.CLONE_NEWUSER, Errno: unix.EINVAL}, whole, setting, ""},
		{"a user namespace, without a setting", harness.Refusal{Flags: unix.CLONE_NEWUSER, Errno: unix.EPERM}, whole, "", ""},
		{"another kind", harness.Refusal{Flags: unix.CLONE_NEWUTS, Errno: unix.EPERM}, whole, setting, ""},
		{"a kind that the kernel is built without", harness.Refusal{Flags: unix.CLONE_NEWUTS, Errno: unix.EINVAL}, without, "", reports.SkipKconfig},
		{"a kind that the kernel may be built without", harness.Refusal{Flags: unix.CLONE_NEWUTS, Errno: unix.EINVAL}, nil, "", ""},
	} {
		got := excuse([]harness.Refusal{row.refusal}, row.config, reports.SkipSysctl, row.setting)
		if row.want == "" && got != nil || row.want != "" && (got == nil || got.Code != row.want) {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

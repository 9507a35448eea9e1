package spec

import "testing"

func TestRefusalOfAUserNamespaceIsFoundInTheLog(t *testing.T) {
	for line, want := range map[string]bool{
		"alice: unshare(CLONE_NEWUSER) = EPERM":                                 true,
		"alice: clone(CLONE_NEWUTS|CLONE_NEWUSER|SIGCHLD, 0, 0, 0, 0) = ENOSPC": true,
		"alice: clone3({flags: CLONE_NEWUSER}, 88) = EACCES":                    true,
		"alice: clone(0x10001011, 0x0, 0x8, 0, 0) = EPERM":                      true,
		"alice: unshare(0x8000000010000000) = EPERM":                            true,
		"alice: unshare(CLONE_NEWUSER) = EINVAL":                                false,
		"alice: unshare(CLONE_NEWUSER) = 0":                                     false,
		"alice: unshare(CLONE_NEWUTS) = EPERM":                                  false,
		"alice: unshare(0x20000000) = EPERM":                                    false,
		"alice: unshare(0x1000000) = EPERM":                                     false,
		"alice: openat(-100, \"/proc/self/ns/user\", 0x80000, 384) = EACCES":    false,
	} {
		if got := refusal.MatchString(line); got != want {
			t.Errorf("%s: %v", line, got)
		}
	}
}

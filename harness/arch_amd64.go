package harness

import "golang.org/x/sys/unix"

const sysFstatat = unix.SYS_NEWFSTATAT

// archGetFS is ARCH_GET_FS of arch_prctl(2).
const archGetFS = 0x1003

// threadPointer returns the address that the subject's thread pointer holds.
func threadPointer(s *Subject) (uintptr, error) {
	var fs uintptr
	_, err := s.try(request{name: "arch_prctl", nr: unix.SYS_ARCH_PRCTL, args: []any{archGetFS, Struct(&fs)}})
	return fs, err
}

package harness

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel writes whole structs; their sizes are those of 64-bit architectures.
func TestIPCStructSizes(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"struct ipc64_perm", unsafe.Sizeof(unix.SysvIpcPerm{}), 48},
		{"struct msqid64_ds", unsafe.Sizeof(MsqidDS{}), 120},
		{"struct shmid64_ds", unsafe.Sizeof(unix.SysvShmDesc{}), 112},
		{"struct mq_attr", unsafe.Sizeof(MqAttr{}), 64},
		{"struct sigevent", unsafe.Sizeof(Sigevent{}), 64},
	} {
		if c.got != c.want {
			t.Errorf("%s has %d bytes, want %d", c.name, c.got, c.want)
		}
	}
	if got := unsafe.Sizeof(SemidDS{}); got < 104 { // x86; 88 elsewhere
		t.Errorf("struct semid64_ds has room for %d bytes, want 104", got)
	}
}

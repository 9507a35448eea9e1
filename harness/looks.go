package harness

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

func readNames(b []byte) []byte {
	var u unix.Utsname
	unix.Uname(&u)
	return append(append(append(b, cString(u.Nodename[:])...), 0), cString(u.Domainname[:])...)
}

func parseNames(raw string) map[string]string {
	host, domain, _ := strings.Cut(raw, "\x00")
	return map[string]string{"hostname": fmt.Sprintf("%q", host), "domainname": fmt.Sprintf("%q", domain)}
}

var mountinfo = sync.OnceValue(func() keptFile { return keepFile("/proc/self/mountinfo", unix.O_RDONLY) })

func readMounts(b []byte) []byte { return mountinfo().read(b) }

func parseMounts(raw string) map[string]string {
	mounts := map[string]string{}
	for line := range strings.Lines(raw) {
		if f := strings.Fields(line); len(f) > 5 && !others(f[4]) {
			mounts["mount "+f[0]+" on "+f[4]] = strings.Join(f[2:], " ")
		}
	}
	return mounts
}

// sysv takes key, id and permissions; the columns after these change with use.
var sysv = sync.OnceValue(func() (files []keptFile) {
	for _, kind := range sysvKinds {
		files = append(files, keepFile("/proc/sysvipc/"+kind, unix.O_RDONLY))
	}
	return files
})

var sysvKinds = []string{"shm", "msg", "sem"}

func readSysV(b []byte) []byte {
	for _, file := range sysv() {
		b = append(file.read(b), 0)
	}
	return b
}

func parseSysV(raw string) map[string]string {
	objects := map[string]string{}
	for i, text := range strings.SplitN(raw, "\x00", len(sysvKinds)) {
		_, rows, _ := strings.Cut(text, "\n") // after the headings
		for line := range strings.Lines(rows) {
			if f := strings.Fields(line); len(f) > 2 {
				objects[sysvKinds[i]+" id "+f[1]] = "key " + f[0] + ", mode " + f[2]
			}
		}
	}
	return objects
}

// queuesFolder is a mount of this process's message queues that no path leads to.
var queuesFolder = sync.OnceValue(func() keptFile {
	context, err := unix.Fsopen("mqueue", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return keptFile{-1}
	}
	defer unix.Close(context)
	if unix.FsconfigCreate(context) != nil {
		return keptFile{-1}
	}
	root, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return keptFile{-1}
	}
	defer unix.Close(root)
	fd, err := unix.Openat(root, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		fd = -1
	}
	return keepFD(fd)
})

func readQueues(b []byte) []byte {
	for _, name := range queuesFolder().names() {
		b = append(append(b, name...), 0)
	}
	return b
}

func parseQueues(raw string) map[string]string {
	queues := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimSuffix(raw, "\x00"), "\x00") {
		if name != "" {
			queues["message queue /"+name] = "there"
		}
	}
	return queues
}

// sysctl is a file below /proc/sys.
type sysctl struct {
	name string
	keptFile
}

// sysctls returns those that tests write to.
var sysctls = sync.OnceValue(func() (opened []sysctl) {
	for _, pattern := range []string{
		"kernel/msg*", "kernel/sem*", "kernel/shm*", "kernel/auto_msgmni", "fs/mqueue/*",
		"user/max_*_namespaces", "kernel/pid_max", "kernel/core_pattern", "fs/mount-max", "net/ipv4/ip_forward",
	} {
		files, _ := filepath.Glob("/proc/sys/" + pattern)
		for _, file := range files {
			if k := keepFile(file, unix.O_RDONLY); k.fd >= 0 {
				opened = append(opened, sysctl{file, k})
			}
		}
	}
	return opened
})

func readSysctls(b []byte) []byte {
	for _, each := range sysctls() {
		b = append(each.readValue(b), 0)
	}
	return b
}

func parseSysctls(raw string) map[string]string {
	values := map[string]string{}
	for i, value := range strings.SplitN(raw, "\x00", len(sysctls())+1)[:len(sysctls())] {
		values[sysctls()[i].name] = strings.TrimSpace(value)
	}
	return values
}

var fdFolder = sync.OnceValue(func() keptFile { return keepFile("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY) })

// readDescriptors takes what is open for now, by device and inode; see [describe].
func readDescriptors(b []byte) []byte {
	var st unix.Stat_t
	for _, fd := range fdFolder().numbers() {
		if !isKept(fd) && unix.Fstat(fd, &st) == nil {
			b, _ = binary.Append(b, binary.NativeEndian, []uint64{uint64(fd), st.Dev, st.Ino})
		}
	}
	return b
}

func parseDescriptors(raw string) map[string]string {
	open := map[string]string{}
	size := 3 * int(unsafe.Sizeof(uint64(0)))
	for ; len(raw) >= size; raw = raw[size:] {
		word := func(i int) uint64 { return binary.NativeEndian.Uint64([]byte(raw[8*i:])) }
		open["descriptor "+strconv.FormatUint(word(0), 10)] = fmt.Sprintf("inode %d:%d", word(1), word(2))
	}
	return open
}

// readNamespaces takes the kinds that one thread of several can change.
func readNamespaces(b []byte) []byte {
	return theThreads.eachNamespace(b, []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.UTS})
}

func parseNamespaces(raw string) map[string]string {
	namespaces := map[string]string{}
	for name := range strings.SplitSeq(strings.TrimSuffix(raw, "\x00"), "\x00") {
		namespaces["namespace "+name] = "a thread's"
	}
	return namespaces
}

package harness

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nsconform/nsconform/nsutil"
	"golang.org/x/sys/unix"
)

// Snapshot is the state of this process's namespaces that a test must leave as
// it found it: names of things to what they are. What belongs to a process that
// runs tests beside this one is left out.
type Snapshot map[string]string

// TakeSnapshot looks at this process's hostname and domain name, mount table,
// links, System V and POSIX IPC objects, cgroups, descriptors, namespaces of all
// threads, and the sysctls that tests touch.
func TakeSnapshot() Snapshot {
	s := Snapshot{}
	s.names()
	s.mounts()
	s.links()
	s.sysv()
	s.queues()
	s.cgroups()
	s.namespaces()
	s.sysctls()
	s.descriptors() // last: the first snapshot keeps some open
	return s
}

// Diff returns what is different in after, a line each. A descriptor that is
// gone does not count: the garbage collector closes those of tests' own making.
func (s Snapshot) Diff(after Snapshot) []string {
	var diff []string
	for what, was := range s {
		if is, ok := after[what]; !ok && !strings.HasPrefix(what, "descriptor ") {
			diff = append(diff, fmt.Sprintf("%s is gone (was %s)", what, was))
		} else if ok && is != was {
			diff = append(diff, fmt.Sprintf("%s was %s, is %s", what, was, describe(what, is)))
		}
	}
	for what, is := range after {
		if _, ok := s[what]; !ok {
			diff = append(diff, fmt.Sprintf("%s is new (%s)", what, describe(what, is)))
		}
	}
	slices.Sort(diff)
	return diff
}

// describe says what a new thing is. Where a descriptor leads to is looked up
// here only, since to follow all of them takes a large part of a snapshot's time.
func describe(what, is string) string {
	if fd, ok := strings.CutPrefix(what, "descriptor "); ok {
		if target, err := os.Readlink("/proc/self/fd/" + fd); err == nil {
			return target
		}
	}
	return is
}

func (s Snapshot) names() {
	var u unix.Utsname
	unix.Uname(&u)
	s["hostname"] = fmt.Sprintf("%q", cString(u.Nodename[:]))
	s["domainname"] = fmt.Sprintf("%q", cString(u.Domainname[:]))
}

// mountTable is what the last snapshot has read, and what it made of it.
var mountTable struct {
	sync.Mutex
	text   string
	mounts Snapshot
}

func (s Snapshot) mounts() {
	mountTable.Lock()
	defer mountTable.Unlock()
	if text := slurp("/proc/self/mountinfo"); text != mountTable.text || mountTable.mounts == nil {
		mountTable.text, mountTable.mounts = text, Snapshot{}
		for line := range strings.Lines(text) {
			if f := strings.Fields(line); len(f) > 5 && !others(f[4]) {
				mountTable.mounts["mount "+f[0]+" on "+f[4]] = strings.Join(f[2:], " ")
			}
		}
	}
	maps.Copy(s, mountTable.mounts)
}

// links takes each link's name, index, MTU and flags, by calls that do not wait
// for the routing netlink's lock: it is held while a namespace elsewhere goes.
func (s Snapshot) links() {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	all := lines("/proc/thread-self/net/dev")
	for _, line := range all[min(2, len(all)):] {
		name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		s["link "+name] = fmt.Sprintf("index %d, mtu %d, flags %#x", linkWord(fd, unix.SIOCGIFINDEX, name), linkWord(fd, unix.SIOCGIFMTU, name), linkWord(fd, unix.SIOCGIFFLAGS, name)&unix.IFF_UP)
	}
}

// linkWord returns the number that a request of netdevice(7) tells of a link; 0 without.
func linkWord(fd int, request uint, name string) uint32 {
	ifr, err := unix.NewIfreq(name)
	if err != nil || unix.IoctlIfreq(fd, request, ifr) != nil {
		return 0
	}
	return ifr.Uint32()
}

// sysv takes key, id and permissions; the columns after these change with use.
func (s Snapshot) sysv() {
	for _, kind := range []string{"shm", "msg", "sem"} {
		all := lines("/proc/sysvipc/" + kind)
		for _, line := range all[min(1, len(all)):] {
			if f := strings.Fields(line); len(f) > 2 {
				s[kind+" id "+f[1]] = "key " + f[0] + ", mode " + f[2]
			}
		}
	}
}

// mqueueRoot is a mount of this process's message queues that no path leads to;
// -1 where it cannot be had.
var mqueueRoot = sync.OnceValue(func() int {
	context, err := unix.Fsopen("mqueue", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1
	}
	defer unix.Close(context)
	if unix.FsconfigCreate(context) != nil {
		return -1
	}
	root, err := unix.Fsmount(context, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return root
})

func (s Snapshot) queues() {
	if mqueueRoot() < 0 {
		return
	}
	fd, err := unix.Openat(mqueueRoot(), ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	dir := os.NewFile(uintptr(fd), "mqueue")
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		s["message queue /"+name] = "there"
	}
}

// cgroups takes this process's membership and the groups below it, unless those
// can only be others' doing.
func (s Snapshot) cgroups() {
	entries, _ := nsutil.CgroupsOf(0)
	for _, entry := range entries {
		s[fmt.Sprintf("cgroup of hierarchy %d:%s", entry.Hierarchy, strings.Join(entry.Controllers, ","))] = entry.Path
		if own := cgroupFolder(entry); ownIDs().all || unix.Access(own, unix.W_OK) == nil {
			s.cgroupsBelow(own)
		}
	}
}

// cgroupFolder returns the folder of a cgroup, where distributions mount its hierarchy.
func cgroupFolder(e nsutil.CgroupEntry) string {
	const all = "/sys/fs/cgroup"
	root := filepath.Join(all, strings.TrimPrefix(strings.Join(e.Controllers, ","), "name="))
	if e.Hierarchy == 0 && isDir(all+"/unified") {
		root = all + "/unified"
	}
	return filepath.Join(root, e.Path)
}

// cgroupsBelow descends where the number of links says that there are folders.
func (s Snapshot) cgroupsBelow(folder string) {
	var st unix.Stat_t
	if unix.Stat(folder, &st) != nil || st.Nlink <= 2 {
		return
	}
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if entry.IsDir() && !others(entry.Name()) {
			below := filepath.Join(folder, entry.Name())
			s["cgroup "+below] = "there"
			s.cgroupsBelow(below)
		}
	}
}

// descriptors takes what is open, by device and inode; see [describe].
func (s Snapshot) descriptors() {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	var st unix.Stat_t
	for _, name := range names {
		fd, _ := strconv.Atoi(name)
		if fd == int(dir.Fd()) || slices.ContainsFunc(sysctls(), func(s sysctl) bool { return s.fd == fd }) {
			continue // open for now, or for good
		}
		if unix.Fstat(fd, &st) == nil {
			s["descriptor "+name] = fmt.Sprintf("inode %d:%d", st.Dev, st.Ino)
		}
	}
}

// namespaces takes the kinds that one thread of several can change.
func (s Snapshot) namespaces() {
	tasks, _ := os.ReadDir("/proc/self/task")
	var target [64]byte
	for _, task := range tasks {
		dir, err := unix.Open("/proc/self/task/"+task.Name()+"/ns", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			continue // it has ended
		}
		for _, kind := range []nsutil.Kind{nsutil.Cgroup, nsutil.IPC, nsutil.Mnt, nsutil.Net, nsutil.UTS} {
			if n, err := unix.Readlinkat(dir, string(kind), target[:]); err == nil {
				s["namespace "+string(target[:n])] = "a thread's"
			}
		}
		unix.Close(dir)
	}
}

// sysctl is a file below /proc/sys that is kept open: to find it again after
// every test takes three times as long as to read it.
type sysctl struct {
	file string
	fd   int
}

// sysctls returns those that tests write to.
var sysctls = sync.OnceValue(func() (opened []sysctl) {
	for _, pattern := range []string{
		"kernel/msg*", "kernel/sem*", "kernel/shm*", "kernel/auto_msgmni", "fs/mqueue/*",
		"user/max_*_namespaces", "kernel/pid_max", "kernel/core_pattern", "fs/mount-max", "net/ipv4/ip_forward",
	} {
		files, _ := filepath.Glob("/proc/sys/" + pattern)
		for _, file := range files {
			if fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0); err == nil {
				opened = append(opened, sysctl{file, fd})
			}
		}
	}
	return opened
})

func (s Snapshot) sysctls() {
	var value [256]byte
	for _, each := range sysctls() {
		if n, err := unix.Pread(each.fd, value[:], 0); err == nil {
			s[each.file] = strings.TrimSpace(string(value[:n]))
		}
	}
}

func lines(file string) []string {
	return slices.DeleteFunc(strings.Split(slurp(file), "\n"), func(l string) bool { return l == "" })
}

// slurp returns a file's text, "" when it cannot be read. A snapshot reads some
// forty files after every test; os.ReadFile makes twice the calls.
func slurp(file string) string {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var text []byte
	var part [4096]byte
	for {
		n, err := unix.Read(fd, part[:])
		if n <= 0 || err != nil {
			return string(text)
		}
		text = append(text, part[:n]...)
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

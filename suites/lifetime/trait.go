package lifetime

import (
	"fmt"
	"strings"
	"unsafe"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	"golang.org/x/sys/unix"
)

// trait is something that only the namespace itself can have kept when all of its
// members are gone, and by which one who joins it afterwards knows it again.
type trait struct {
	prepare func(r *room)                              // before the room has tenants; may be nil
	change  func(r *room, holder *harness.Subject)     // in a new namespace, before children join it; may be nil
	look    func(r *room, who *harness.Subject) string // returns kept in the namespace, anything else elsewhere
	kept    string
}

var traits map[nsutil.Kind]trait

func init() { // the functions use the table
	traits = map[nsutil.Kind]trait{
		nsutil.Cgroup: {prepare: moveToCgroup, look: lookAtCgroup, kept: "/"},
		nsutil.IPC:    {change: leaveObjects, look: lookAtObjects, kept: "segment, QSIZE:5"},
		nsutil.Mnt:    {prepare: stayOnOneCPU, change: mountSomething, look: lookAtMount, kept: "mounted"},
		nsutil.Net:    {change: setMTU, look: lookAtMTU, kept: "1492"},
		// The init is dead by then, and such a namespace takes in no more processes:
		// pid_namespaces(7), The namespace init process.
		nsutil.PID:  {look: lookAtFork, kept: unix.ENOMEM.Error()},
		nsutil.Time: {change: setClocks, look: lookAtClocks, kept: "1000000 s, 3000000 s"},
		nsutil.User: {change: mapOneID, look: lookAtMap, kept: "5 0 1"},
		nsutil.UTS:  {change: setName, look: lookAtName, kept: "kept"},
	}
}

// textOr returns the text, or what the error says.
func textOr(text string, err error) string {
	if err != nil {
		return err.Error()
	}
	return text
}

func setName(_ *room, s *harness.Subject) { Arrange(s.Sethostname("kept")) }

func lookAtName(_ *room, who *harness.Subject) string { return textOr(who.Hostname()) }

const ipcKey = 0x6e736366

func leaveObjects(_ *room, s *harness.Subject) {
	segment := Get(s.Shmget(ipcKey, unix.Getpagesize(), unix.IPC_CREAT|unix.IPC_EXCL|0o600))
	addr := Get(s.Shmat(segment, 0))
	Arrange(s.Poke(addr, []byte("segment")))
	Arrange(s.Shmdt(addr))
	queue := Get(s.MqOpen("kept", unix.O_CREAT|unix.O_EXCL|unix.O_RDWR, nil))
	Arrange(s.MqSend(queue, "queue", 0))
	Arrange(s.Close(queue))
}

func lookAtObjects(_ *room, who *harness.Subject) string {
	segment, err := who.Shmget(ipcKey, 0, 0)
	if err != nil {
		return err.Error()
	}
	addr, err := who.Shmat(segment, unix.SHM_RDONLY)
	if err != nil {
		return err.Error()
	}
	defer who.Shmdt(addr)
	content := Get(who.Peek(addr, len("segment")))
	queue, err := who.MqOpen("kept", unix.O_RDONLY, nil)
	if err != nil {
		return err.Error()
	}
	defer who.Close(queue)
	state, _, _ := strings.Cut(string(Get(who.Read(queue, 100))), " ")
	return string(content) + ", " + state
}

// stayOnOneCPU makes the room's mount namespaces younger than the keeper's by what
// the kernel compares, too, before it lets one of their files be mounted: on Linux
// 6.18 that are ids which only increase on each CPU (kernel/nstree.c, namespace_cookie).
func stayOnOneCPU(r *room) {
	var allowed, one unix.CPUSet
	Arrange(unix.SchedGetaffinity(0, &allowed))
	for cpu := 0; one.Count() == 0; cpu++ {
		if allowed.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	for _, s := range []*harness.Subject{r.keeper, r.landlord} {
		Get(s.Syscall("sched_setaffinity", unix.SYS_SCHED_SETAFFINITY, 0, unsafe.Sizeof(one), harness.Struct(&one)))
	}
	r.directory() // the keeper's mount namespace is the oldest
}

func mountSomething(r *room, s *harness.Subject) {
	Arrange(s.Mount("tmpfs", r.dir, "tmpfs", 0, ""))
	Arrange(s.WriteFile(r.dir+"/file", "mounted", unix.O_CREAT))
}

func lookAtMount(r *room, who *harness.Subject) string { return textOr(who.ReadFile(r.dir + "/file")) }

func setMTU(_ *room, s *harness.Subject) { Get(mtuIoctl(s, unix.SIOCSIFMTU, "lo", 1492)) }

func lookAtMTU(_ *room, who *harness.Subject) string {
	mtu, err := mtuOf(who, "lo")
	return textOr(fmt.Sprint(mtu), err)
}

func lookAtFork(_ *room, who *harness.Subject) string {
	child, err := who.Fork()
	if err == nil {
		Arrange(child.End())
	}
	return textOr("a child", err)
}

func setClocks(_ *room, s *harness.Subject) {
	Arrange(s.WriteFile("/proc/self/timens_offsets", "monotonic 1000000 0\nboottime 3000000 0\n", 0))
}

// lookAtClocks returns how far who's clocks are ahead of the suite's, to a thousand seconds.
func lookAtClocks(_ *room, who *harness.Subject) string {
	var ahead []string
	for _, clock := range []int32{unix.CLOCK_MONOTONIC, unix.CLOCK_BOOTTIME} {
		var here, there unix.Timespec
		Arrange(unix.ClockGettime(clock, &here))
		Get(who.Syscall("clock_gettime", unix.SYS_CLOCK_GETTIME, int(clock), harness.Struct(&there)))
		ahead = append(ahead, fmt.Sprintf("%d s", (there.Sec-here.Sec+500)/1000*1000))
	}
	return strings.Join(ahead, ", ")
}

func mapOneID(r *room, s *harness.Subject) {
	for _, file := range []string{"uid_map", "gid_map"} {
		Arrange(r.landlord.WriteFile(fmt.Sprintf("/proc/%d/%s", s.PID(), file), "5 0 1", 0))
	}
}

func lookAtMap(_ *room, who *harness.Subject) string {
	return strings.Join(strings.Fields(textOr(who.ReadFile("/proc/self/uid_map"))), " ")
}

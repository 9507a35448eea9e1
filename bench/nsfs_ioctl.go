package bench

import (
	"os"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"golang.org/x/sys/unix"
)

// questions measure the ioctls of a namespace's file (ioctl_nsfs(2)), each about
// another process's namespace of a kind that has an answer.
func questions() []experiment {
	ask := func(name, request string, kind nsutil.Kind, since nsutil.Feature, run func(l *lab, s, other *harness.Subject, fd int)) experiment {
		e := experiment{
			benchmarks: []reports.PlannedBenchmark{benchmark("nsfs/"+name, kind, "ioctl(fd, "+request+")")},
			needs:      []nsutil.Feature{kind.Feature(), nsutil.Clone3},
			times:      1000,
			run: func(l *lab) {
				s, other := l.subject(), l.scope.Spawn(harness.Isolated(harness.ByClone3, kind))
				run(l, s, other, l.must2(s.OpenNS(other, kind)))
			},
		}
		if since != "" {
			e.needs = append(e.needs, since)
		}
		return e
	}
	return []experiment{
		ask("get-nstype", "NS_GET_NSTYPE", nsutil.UTS, "", func(l *lab, s, _ *harness.Subject, fd int) {
			flag := int(l.returns(s, ioctl(fd, unix.NS_GET_NSTYPE, 0)))
			l.happened(flag == nsutil.UTS.Flag(), "the type is %#x", flag)
		}),
		ask("get-userns", "NS_GET_USERNS", nsutil.UTS, "", func(l *lab, s, other *harness.Subject, fd int) {
			l.isOf(s, l.opens(s, ioctl(fd, unix.NS_GET_USERNS, 0)), other, nsutil.User)
		}),
		ask("get-parent", "NS_GET_PARENT", nsutil.PID, "", func(l *lab, s, _ *harness.Subject, fd int) {
			l.isOf(s, l.opens(s, ioctl(fd, unix.NS_GET_PARENT, 0)), s, nsutil.PID)
		}),
		ask("get-owner-uid", "NS_GET_OWNER_UID", nsutil.User, "", func(l *lab, s, _ *harness.Subject, fd int) {
			uid := ^uint32(0)
			l.returns(s, ioctl(fd, unix.NS_GET_OWNER_UID, harness.Struct(&uid)))
			l.happened(int(uid) == os.Geteuid(), "the owner is %d", uid)
		}),
		ask("get-id", "NS_GET_ID", nsutil.UTS, nsutil.NamespaceID, func(l *lab, s, other *harness.Subject, fd int) {
			l.numbers(s, other, fd, unix.NS_GET_ID, nsutil.UTS)
		}),
		ask("get-mntns-id", "NS_GET_MNTNS_ID", nsutil.Mnt, nsutil.MntNamespaceID, func(l *lab, s, other *harness.Subject, fd int) {
			l.numbers(s, other, fd, unix.NS_GET_MNTNS_ID, nsutil.Mnt)
		}),
	}
}

// numbers times an ioctl that stores the number of other's namespace.
func (l *lab) numbers(s, other *harness.Subject, fd int, request uint, kind nsutil.Kind) {
	var id uint64
	l.returns(s, ioctl(fd, request, harness.Struct(&id)))
	file, err := os.Open(kind.File(other.PID()))
	if err != nil {
		l.Fatalf("open a namespace: %v", err)
	}
	defer file.Close()
	want, err := nsutil.UniqueID(int(file.Fd()))
	if err != nil {
		l.Fatalf("look at a namespace: %v", err)
	}
	l.happened(id == want && id != 0, "the number is %d, not %d", id, want)
}

func ioctl(fd any, request uint, arg any) harness.Step {
	return call("ioctl", unix.SYS_IOCTL, fd, harness.Hex(request), arg)
}

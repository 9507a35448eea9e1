package inspect

import (
	"cmp"
	"fmt"

	"github.com/nsconform/nsconform/nsutil"
)

// finding is what was found in one kind: ways around the namespace, what else is worth
// knowing, and what it would have taken to be sure.
type finding struct {
	leaks, notes []string
	needs        []fact
}

func (f *finding) leak(format string, args ...any) {
	f.leaks = append(f.leaks, fmt.Sprintf(format, args...))
}

func (f *finding) note(format string, args ...any) {
	f.notes = append(f.notes, fmt.Sprintf(format, args...))
}

// shared says what it means to be in the host's namespace.
var shared = map[nsutil.Kind]string{
	nsutil.Cgroup: "it sees the cgroups that the %s sees",
	nsutil.IPC:    "System V objects and POSIX message queues are the %s's",
	nsutil.Mnt:    "it has the %s's mounts",
	nsutil.Net:    "links, addresses and ports are the %s's",
	nsutil.PID:    "it sees the %s's processes, and may signal them",
	nsutil.Time:   "its clocks are the %s's",
	nsutil.User:   "it has no user namespace of its own: uid 0 inside is the %s's uid 0",
	nsutil.UTS:    "its hostname is the %s's",
}

// checks look for ways around a namespace of the target's own.
var checks = map[nsutil.Kind]func(*facts, *finding){
	nsutil.Cgroup: checkCgroup,
	nsutil.IPC:    checkIPC,
	nsutil.Mnt:    checkMnt,
	nsutil.Net:    checkNet,
	nsutil.PID:    checkPID,
	nsutil.User:   checkUser,
}

// judge gives the verdict for one kind.
func (f *facts) judge(kind nsutil.Kind) KindReport {
	own, has := f.own[kind]
	r := KindReport{Kind: kind}
	switch {
	case !has && f.host[kind] == 0:
		r.Verdict, r.Reasons = Shared, []string{fmt.Sprintf("this kernel has no %s namespaces", kind)}
		return r
	case !has:
		why := cmp.Or(f.gaps[factNamespaces], "it has none, as if it were ending")
		r.Verdict, r.Reasons = Unknown, []string{"not seen: " + why}
		return r
	case own == f.host[kind]:
		r.Verdict, r.Reasons = Shared, []string{fmt.Sprintf(shared[kind], f.whose)}
		return r
	}
	var found finding
	if check := checks[kind]; check != nil {
		check(f, &found)
	}
	f.checkDescriptors(kind, &found)
	r.Notes = found.notes
	unsure := []string{}
	for _, need := range found.needs {
		if f.gaps[need] != "" {
			unsure = append(unsure, fmt.Sprintf("not seen: %s: %s", need, f.gaps[need]))
		}
	}
	switch {
	case len(found.leaks) > 0:
		r.Verdict, r.Reasons = Leaking, found.leaks
	case len(unsure) > 0:
		r.Verdict, r.Reasons = Unknown, unsure
	default:
		r.Verdict, r.Reasons = Isolated, []string{}
	}
	return r
}

// fewReasons is how many findings of one sort are told one by one.
const fewReasons = 3

// several tells a few of many alike, and how many more there are.
func several(all []string, add func(format string, args ...any)) {
	for i, text := range all {
		if i == fewReasons && len(all) > fewReasons+1 {
			add("and %d more like these", len(all)-i)
			return
		}
		add("%s", text)
	}
}

// checkDescriptors looks for the host's namespace, of this kind, among what the process
// has open, and among its mounts: setns(2) would take it there.
func (f *facts) checkDescriptors(kind nsutil.Kind, found *finding) {
	if !f.process {
		return
	}
	found.needs = append(found.needs, factDescriptors)
	for _, o := range f.open {
		if o.kind == kind && o.id == f.host[kind] {
			found.leak("descriptor %d is the %s's %s namespace", o.fd, f.whose, kind)
		}
	}
	if f.own[nsutil.Mnt] == f.host[nsutil.Mnt] {
		return
	}
	for _, m := range f.mounts {
		if k, id, err := nsutil.ParseLink(m.root); m.fstype == "nsfs" && !m.hidden && err == nil && k == kind && id == f.host[kind] {
			found.leak("%s is the %s's %s namespace, bind-mounted", m.point, f.whose, kind)
		}
	}
}

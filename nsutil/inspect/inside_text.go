package inspect

import (
	"fmt"
	"strings"
	"time"
)

func (r *Report) writeInside(b *strings.Builder, style Style) {
	t := table{}
	in := r.Inside
	if in.Hostname != nil {
		t.add("hostname", fmt.Sprintf("%s, domainname %s", *in.Hostname, *in.Domainname))
	}
	if in.Processes != nil {
		text := fmt.Sprintf("%d in its PID namespace", *in.Processes)
		if in.ProcProcesses != nil {
			text += fmt.Sprintf(", %d in its /proc", *in.ProcProcesses)
		}
		t.add("processes", text)
	}
	if in.Links != nil {
		t.add("links", fewOf(in.Links, 8))
	}
	if in.Mounts != nil {
		t.add("mounts", fmt.Sprint(*in.Mounts))
	}
	for _, c := range in.Cgroups {
		if c.Path == "/" && len(c.Controllers) > 0 {
			continue // of which a machine has a dozen
		}
		t.add(strings.TrimSpace("cgroup "+strings.Join(c.Controllers, ",")), c.text())
	}
	for _, m := range []struct {
		what  string
		lines [][3]uint32
	}{{"uid map", in.UIDMap}, {"gid map", in.GIDMap}} {
		if m.lines != nil {
			t.add(m.what, mapText(m.lines))
		}
	}
	if in.MonotonicOffset != nil && (*in.MonotonicOffset != 0 || *in.BoottimeOffset != 0) {
		t.add("clocks", fmt.Sprintf("monotonic %s, boottime %s ahead", time.Duration(*in.MonotonicOffset), time.Duration(*in.BoottimeOffset)))
	}
	section(b, style, "inside", t)
}

// text says where a cgroup is: "/docker/7, inside /".
func (c CgroupPlace) text() string {
	if c.Inside == "" || c.Inside == c.Path {
		return c.Path
	}
	return c.Path + ", inside " + c.Inside
}

func mapText(lines [][3]uint32) string {
	var all []string
	for _, l := range lines {
		all = append(all, fmt.Sprintf("%d %d %d", l[0], l[1], l[2]))
	}
	if len(all) == 0 {
		return "empty"
	}
	return fewOf(all, 5)
}

// fewOf lists the first n of many, and says how many more there are.
func fewOf(all []string, n int) string {
	if len(all) > n {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:n], ", "), len(all)-n)
	}
	return strings.Join(all, ", ")
}

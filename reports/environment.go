package reports

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// fact is one line of what a run ran on.
type fact struct{ Name, Value string }

// facts lists what a run ran on, without empty values, in a stable order.
func facts(r *Run) []fact {
	var all []fact
	add := func(name, value string) {
		if value != "" {
			all = append(all, fact{name, value})
		}
	}
	if b := r.Begin; b != nil {
		add("nsconform", b.Version)
		add("target", b.Target)
		add("arguments", strings.Join(b.Args, " "))
		add("seed", strconv.FormatInt(b.Seed, 10))
	}
	if e := r.Environment; e != nil {
		e.facts(add)
	}
	return all
}

func (e *Environment) facts(add func(name, value string)) {
	add("release", e.Release)
	add("version", e.Version)
	add("machine", e.Machine)
	add("greeting", e.Greeting)
	add("judged as Linux", e.AsLinux)
	add("cmdline", e.Cmdline)
	add("lsm", e.LSM)
	add("uid", strconv.Itoa(e.UID))
	if e.Unprivileged {
		add("unprivileged", fmt.Sprintf("root of a user namespace with %d uids", e.UIDs))
	}
	add("capabilities", strings.Join(e.Capabilities, " "))
	if e.CPUs > 0 {
		add("cpus", strconv.Itoa(e.CPUs))
	}
	if e.MemoryKiB > 0 {
		add("memory", fmt.Sprintf("%d MiB", e.MemoryKiB/1024))
	}
	add("clocksource", e.Clocksource)
	if v := e.VM; v != nil {
		add("vm.qemu", v.QEMU)
		add("vm.accelerator", v.Accelerator)
		add("vm.why", v.Why)
		add("vm.kernel", v.Kernel)
		add("vm.boot", duration(v.BootSeconds))
		if v.Exact {
			add("vm.exact", "its clock counts instructions")
		}
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tools)) {
		add("tool."+key, e.Tools[key])
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tuning)) {
		add("tuning."+key, e.Tuning[key])
	}
	for _, kind := range slices.Sorted(maps.Keys(e.Namespaces)) {
		add("namespace."+kind, strconv.FormatUint(e.Namespaces[kind], 10))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Sysctls)) {
		add("sysctl."+key, e.Sysctls[key])
	}
	for _, key := range slices.Sorted(maps.Keys(e.Config)) {
		add(key, e.Config[key])
	}
}

func junitEnvironment(r *Run) []junitProperty {
	var all []junitProperty
	for _, f := range facts(r) {
		all = append(all, junitProperty{oneLine(f.Name), oneLine(f.Value)})
	}
	return all
}

// platform says in a few words what a run ran on: "6.1.0-50-cloud-amd64 (tcg)".
func platform(r *Run) string {
	e := r.Environment
	switch {
	case e == nil:
		return "(no kernel came up)"
	}
	where := []string{"this host"}
	if e.VM != nil {
		where[0] = oneLine(e.VM.Accelerator)
	} else if e.Unprivileged {
		where = append(where, "unprivileged")
	}
	if e.AsLinux != "" {
		where = append(where, "judged as Linux "+oneLine(e.AsLinux))
	}
	return fmt.Sprintf("%s (%s)", oneLine(e.Release), strings.Join(where, ", "))
}

package mount

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	"github.com/nsconform/nsconform/suites/internal/program"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// expectTogether claims that what s mounts at dir appears to other and, if that
// can call, the other way round.
func expectTogether(s, other *harness.Subject, dir string, calls bool) {
	Expect(other.NS(nsutil.Mnt)).To(Equal(Get(s.NS(nsutil.Mnt))), "the namespace of %s", other.Name())
	Arrange(s.Mount("by-the-maker", dir, "tmpfs", 0, ""))
	Expect(mounts.At(other, dir)).To(HaveField("Source", "by-the-maker"), "as %s sees it", other.Name())
	if !calls {
		return
	}
	Expect(other.Umount(dir, 0)).To(Succeed())
	Arrange(other.Mount("by-the-other", dir, "tmpfs", 0, ""))
	Expect(mounts.At(s, dir)).To(HaveField("Source", "by-the-other"), "of %s", other.Name())
	Expect(table(other)).To(Equal(table(s)))
}

var _ = Specs("A mount namespace", Label("mount"), func() {
	It("is shared by children, however made without CLONE_NEWNS", Proves("mount-namespace-kept-by-fork-and-execve"), func() {
		origin, dir := mounts.Stage(harness.Named("origin"))
		expectTogether(origin, Get(origin.Fork()), dir, true)
		expectTogether(origin, Get(Get(origin.Fork()).Fork()), dir, true)
		expectTogether(origin, Get(origin.CloneVM(0)), dir, true)
		expectTogether(origin, Get(origin.Clone(unix.CLONE_FS)), dir, true)
		expectTogether(origin, Get(origin.Thread()), dir, true)
		for _, kind := range kinds.Built() {
			if kind == nsutil.Mnt || kind == nsutil.User { // who is in another of these may not mount here
				continue
			}
			for _, way := range harness.Ways() {
				if kind == nsutil.Time && way == harness.ByClone {
					continue // which cannot be asked for it
				}
				s, err := origin.Isolate(way, kind)
				Expect(err).NotTo(HaveOccurred())
				expectTogether(origin, s, dir, way == harness.ByUnshare)
			}
		}
	})

	It("is kept by execve", Proves("mount-namespace-kept-by-fork-and-execve"), func() {
		origin, dir := mounts.Stage(harness.Named("origin"))
		place(origin, dir+"/bin", "x")
		path := dir + "/bin/wait"
		Arrange(origin.WriteFile(path, string(program.Of(program.Waiting)), unix.O_CREAT))
		Arrange(origin.Chmod(path, 0o755))
		Arrange(origin.Mkdir(dir + "/point"))
		s := Get(origin.Fork())
		Expect(s.Exec(path)).To(Succeed())
		awaitProgram(s, path)
		expectTogether(origin, s, dir+"/point", false)
		Expect(table(s)).To(Equal(table(origin)))
		Expect(os.Readlink(fmt.Sprintf("/proc/%d/exe", s.PID()))).To(Equal(path), "it is the program by now")
		Expect(origin.Umount(dir+"/bin", 0)).To(MatchError(unix.EBUSY), "the program is from there")
		Expect(mounts.Below(s, dir)).To(Equal([]string{"bin", "point"}))
	})
})

// procFiles are the files of a process that show its mounts, and how each begins
// to tell of one: by its source.
var procFiles = map[string]string{"mounts": "%s ", "mountinfo": " - tmpfs %s ", "mountstats": "device %s mounted on "}

// shown returns how often the text of a process's file shows a mount with the source.
func shown(text, file, source string) int {
	return strings.Count(text, fmt.Sprintf(procFiles[file], source))
}

// readOf returns a process's file as the reader reads it.
func readOf(reader *harness.Subject, process any, file string) string {
	text, err := reader.ReadFile(fmt.Sprintf("/proc/%v/%s", process, file))
	Expect(err).NotTo(HaveOccurred())
	return text
}

var _ = Specs("The files mounts, mountinfo and mountstats of a process", Label("mount"), func() {
	It("show the mounts of its mount namespace, whoever reads them", Proves("mount-proc-files-describe-pids-namespace"), func() {
		origin, dir := mounts.Stage(harness.Named("origin"))
		mate, beside := Get(origin.Fork()), mounts.Beside(origin)
		thread := Get(mate.Thread())
		Arrange(origin.Mount("mark-origin", dir, "tmpfs", 0, ""))
		Arrange(beside.Mount("mark-beside", dir, "tmpfs", 0, ""))
		Arrange(beside.Mount("mark-beside", dir, "tmpfs", 0, ""))
		outside := Spawn(harness.Named("outside"))
		for file := range procFiles {
			for _, reader := range []*harness.Subject{beside, outside} {
				text := readOf(reader, origin.PID(), file)
				Expect(shown(text, file, "mark-origin")).To(Equal(1), "%s", file)
				Expect(shown(text, file, "mark-beside")).To(Equal(0), "%s", file)
				processes := []any{mate.PID()}
				if file != "mountstats" { // which threads have not
					processes = append(processes, fmt.Sprintf("%d/task/%d", mate.PID(), mate.PID()), fmt.Sprintf("%d/task/%d", mate.PID(), thread.PID()))
				}
				for _, process := range processes {
					Expect(readOf(reader, process, file)).To(Equal(text), "%s of %v", file, process)
				}
				text = readOf(reader, beside.PID(), file)
				Expect(shown(text, file, "mark-beside")).To(Equal(2), "%s", file)
				Expect(shown(text, file, "mark-origin")).To(Equal(0), "%s", file)
				Expect(readOf(reader, outside.PID(), file)).NotTo(ContainSubstring("mark-"), "%s", file)
			}
			Expect(shown(readOf(beside, "self", file), file, "mark-beside")).To(Equal(2), "%s of itself", file)
			Expect(shown(readOf(mate, "self", file), file, "mark-origin")).To(Equal(1), "%s of itself", file)
		}
	})

	It("tell of the same mounts in the same order", Proves("mount-proc-files-describe-pids-namespace"), func() {
		origin, dir := mounts.Stage(harness.Named("origin"))
		furnish(origin, dir)
		var expectMounts, expectStats []string
		for _, m := range Get(mounts.Table(origin)) {
			expectMounts = append(expectMounts, strings.Join([]string{escaped(m.Source), escaped(m.Mountpoint), m.FSType}, " "))
			expectStats = append(expectStats, fmt.Sprintf("device %s mounted on %s with fstype %s", escaped(m.Source), escaped(m.Mountpoint), m.FSType))
		}
		var gotMounts, gotStats []string
		for line := range strings.Lines(Get(Spawn().ReadFile(fmt.Sprintf("/proc/%d/mounts", origin.PID())))) {
			fields := strings.Fields(line)
			Expect(fields).To(HaveLen(6), "%q", line)
			Expect(fields[4:]).To(Equal([]string{"0", "0"}))
			gotMounts = append(gotMounts, strings.Join(fields[:3], " "))
		}
		for line := range strings.Lines(Get(Spawn().ReadFile(fmt.Sprintf("/proc/%d/mountstats", origin.PID())))) {
			if strings.HasPrefix(line, "device ") {
				gotStats = append(gotStats, strings.Join(strings.Fields(line)[:8], " "))
			}
		}
		Expect(gotMounts).To(Equal(expectMounts))
		Expect(gotStats).To(Equal(expectStats))
	})

	It("follow it from one mount namespace to another", Proves("mount-proc-files-describe-pids-namespace"), func() {
		origin, dir := mounts.Stage(harness.Named("origin"))
		mover, outside := Get(origin.Fork()), Spawn(harness.Named("outside"))
		expect := func(marked, unmarked, when string) {
			for file := range procFiles {
				text := readOf(outside, mover.PID(), file)
				Expect(shown(text, file, marked)).To(Equal(1), "%s %s", file, when)
				Expect(shown(text, file, unmarked)).To(Equal(0), "%s %s", file, when)
			}
		}
		Expect(mover.Unshare(unix.CLONE_NEWNS)).To(Succeed())
		Arrange(mover.Mount("mark-new", dir, "tmpfs", 0, ""))
		Arrange(origin.Mount("mark-origin", dir, "tmpfs", 0, ""))
		expect("mark-new", "mark-origin", "after unshare")
		Arrange(mover.Join(origin, nsutil.Mnt))
		expect("mark-origin", "mark-new", "after setns")
	})
})

// escaped returns a field as the files have it: with the characters that would
// end it as octal numbers.
func escaped(text string) string {
	return strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(text)
}

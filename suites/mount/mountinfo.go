package mount

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/suites/internal/mounts"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// fieldsAt returns the fields of the line that the subject's mountinfo has about a
// point, which has one mount.
func fieldsAt(s *harness.Subject, point string) []string {
	var found []string
	for line := range strings.Lines(table(s)) {
		if fields := strings.Fields(line); fields[4] == escaped(point) {
			Expect(found).To(BeNil(), "a second line about %s", point)
			found = strings.Split(strings.TrimSuffix(line, "\n"), " ")
		}
	}
	Expect(found).NotTo(BeNil(), "a line about %s", point)
	return found
}

// mountID returns the id that /proc/self/fdinfo tells of the mount that a path
// leads to.
func mountID(s *harness.Subject, path string) string {
	fd := Get(s.Open(path, unix.O_PATH|unix.O_CLOEXEC))
	defer s.Close(fd)
	for line := range strings.Lines(Get(s.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", fd)))) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strings.TrimSpace(id)
		}
	}
	Fail("fdinfo has no mnt_id")
	return ""
}

// device returns a device's numbers as mountinfo has them.
func device(s *harness.Subject, path string) string {
	dev := Get(s.Stat(path)).Dev
	return fmt.Sprintf("%d:%d", unix.Major(dev), unix.Minor(dev))
}

var _ = Specs("A line of mountinfo", Label("mount"), func() {
	It("has all fields in their order", Proves("mount-info-line-format"), func() {
		s, dir := mounts.Stage()
		below := fieldsAt(s, dir)
		for _, name := range []string{"plain", "with space", "with\ttab", "with\nnewline", `with\backslash`, `\040`, "with#hash", "ünï"} {
			point := dir + "/" + name
			Arrange(s.Mkdir(point))
			source := "of " + strings.ReplaceAll(name, "#", "") // which newer kernels have as an octal number there, too
			Arrange(s.Mount(source, point, "tmpfs", unix.MS_NOSUID|unix.MS_RDONLY, "size=64k"))
			fields := fieldsAt(s, point)
			Expect(fields).To(HaveLen(10), "%q", fields)
			Expect(fields[0]).To(Equal(mountID(s, point)), "the id")
			Expect(fields[1]).To(Equal(mountID(s, dir)), "the parent's id")
			Expect(fields[1]).To(Equal(below[0]), "the parent's id")
			Expect(fields[2]).To(Equal(device(s, point)), "the device")
			Expect(fields[3]).To(Equal("/"), "the root")
			Expect(fields[4]).To(Equal(escaped(point)), "the mount point")
			Expect(fields[5]).To(Equal("ro,nosuid,relatime"), "the options")
			Expect(fields[6:9]).To(Equal([]string{"-", "tmpfs", escaped(source)}), "no optional fields, the hyphen, type and source")
			Expect(strings.Split(fields[9], ",")).To(And(ContainElement("ro"), ContainElement("size=64k")), "the super block's options")
		}
	})

	It("has it for every mount, and nothing else", Proves("mount-info-line-format", "mount-info-optional-fields-end-with-hyphen"), func() {
		s, dir := mounts.Stage()
		furnish(s, dir)
		Arrange(s.Mount("none", dir+"/a", "", unix.MS_SHARED|unix.MS_REC, ""))
		text := table(s)
		Expect(text).To(HaveSuffix("\n"))
		for line := range strings.Lines(text) {
			Expect(line).To(MatchRegexp(`^\d+ \d+ \d+:\d+ \S+ /\S* (ro|rw)(,[a-z]+)*( (shared|master|propagate_from):[1-9]\d*| unbindable)* - \S+ \S* (ro|rw)(,\S+)*\n$`))
		}
		Expect(strings.Count(text, " "+dir+"/")).To(Equal(len(Get(mounts.Below(s, dir)))))
	})

	It("has no, one or more optional fields, and a hyphen after them", Proves("mount-info-optional-fields-end-with-hyphen"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/-"))
		Arrange(s.Mount("-", dir+"/-", "tmpfs", 0, ""))
		expect := func(s *harness.Subject, tags ...string) {
			fields := fieldsAt(s, dir+"/-")
			Expect(fields).To(HaveLen(10+len(tags)), "%q", fields)
			for i, tag := range tags {
				Expect(fields[6+i]).To(MatchRegexp(tag))
			}
			Expect(fields[6+len(tags) : 9+len(tags)]).To(Equal([]string{"-", "tmpfs", "-"}))
			Expect(mounts.At(s, dir+"/-")).To(And(HaveField("FSType", "tmpfs"), HaveField("Source", "-")))
		}
		change := func(s *harness.Subject, flags int) { Arrange(s.Mount("none", dir+"/-", "", flags, "")) }
		expect(s)
		change(s, unix.MS_UNBINDABLE)
		expect(s, `^unbindable$`)
		change(s, unix.MS_SHARED)
		expect(s, `^shared:[1-9]\d*$`)
		slave := mounts.Beside(s)
		change(slave, unix.MS_SLAVE)
		expect(slave, `^master:[1-9]\d*$`)
		change(slave, unix.MS_SHARED)
		expect(slave, `^shared:[1-9]\d*$`, `^master:[1-9]\d*$`)
		change(slave, unix.MS_PRIVATE)
		expect(slave)
	})

	It("has an id that no other mount has at the time, in any namespace", Proves("mount-info-id-unique-at-a-time"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/on"))
		all := []*harness.Subject{s, mounts.Beside(s), mounts.Beside(s), Spawn(harness.Named("outside"))}
		seen := map[int]string{}
		for _, seer := range all {
			for _, m := range Get(mounts.Table(seer)) {
				Expect(seen).NotTo(HaveKey(m.ID), "of %s as %s sees it", m.Mountpoint, seer.Name())
				seen[m.ID] = m.Mountpoint
			}
		}
		var used []int
		reused := false
		for range 3 {
			before := ids(s)
			cover(s, dir+"/on", "file")
			id := Get(mounts.At(s, dir+"/on")).ID
			Expect(seen).NotTo(HaveKey(id))
			reused = reused || slices.Contains(used, id)
			used = append(used, id)
			Arrange(s.Mount("none", dir+"/on", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
			Expect(Get(mounts.At(s, dir+"/on")).ID).To(Equal(id), "it stays the same")
			Expect(ids(s)).To(ConsistOf(append(before, id)))
			Arrange(s.Umount(dir+"/on", 0))
		}
		Note("mount ids are reused at once: %t", reused)
	})

	It("about what is on top of another mount has that as parent", Proves("mount-info-parent-of-stacked"), func() {
		s, dir := mounts.Stage()
		Arrange(s.Mkdir(dir + "/on"))
		parent := mountID(s, dir)
		for range 3 {
			mounts.Tmpfs(s, dir+"/on")
			id := mountID(s, dir+"/on")
			m := Get(mounts.At(s, dir+"/on"))
			Expect(strconv.Itoa(m.ID)).To(Equal(id), "the topmost is what a path leads to")
			Expect(strconv.Itoa(m.Parent)).To(Equal(parent))
			parent = id
		}
		place(s, dir+"/on/below", "below")
		Expect(strconv.Itoa(Get(mounts.At(s, dir+"/on/below")).Parent)).To(Equal(parent), "what is below has the topmost")
	})
})

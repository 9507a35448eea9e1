package idmaps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

func path(target *harness.Subject, file string) string {
	return fmt.Sprintf("/proc/%d/%s", target.PID(), file)
}

// write has s write a file of target's user namespace in one call.
func write(s, target *harness.Subject, file, text string) error {
	return s.WriteFile(path(target, file), text, 0)
}

// open returns a descriptor of s with which a file of target's user namespace can be written.
func open(s, target *harness.Subject, file string) int {
	fd, err := s.Open(path(target, file), unix.O_RDWR|unix.O_CLOEXEC)
	Expect(err).NotTo(HaveOccurred(), "%s opens %s of %s", s.Name(), file, target.Name())
	return fd
}

// writeTo writes text by a descriptor.
func writeTo(s *harness.Subject, fd int, text string) error {
	n, err := s.Write(fd, []byte(text))
	if err == nil && n != len(text) {
		err = fmt.Errorf("%d of %d bytes were written", n, len(text))
	}
	return err
}

// mapOf returns a map of target's user namespace as s reads it.
func mapOf(s, target *harness.Subject, file string) nsutil.IDMap {
	text, err := s.ReadFile(path(target, file))
	Expect(err).NotTo(HaveOccurred(), "%s reads %s of %s", s.Name(), file, target.Name())
	return parse(text)
}

func parse(text string) nsutil.IDMap {
	if text != "" {
		text = strings.TrimSuffix(text, "\n") + "\n"
	}
	m, err := nsutil.ParseIDMap(strings.NewReader(text))
	Expect(err).NotTo(HaveOccurred())
	return m
}

// expectRefused claims that s cannot write a map, and that it stays empty.
func expectRefused(s, target *harness.Subject, file, text string, errno error) {
	Expect(write(s, target, file, text)).To(MatchError(errno), "%s writes %q to %s", s.Name(), short(text), file)
	Expect(mapOf(target, target, file)).To(BeEmpty(), "after %q", short(text))
}

// expectAllRefused claims that s cannot write any of the texts to a map, and that it stays empty.
func expectAllRefused(s, target *harness.Subject, file string, errno error, texts ...string) {
	fd := open(s, target, file)
	for _, text := range texts {
		Expect(writeTo(s, fd, text)).To(MatchError(errno), "%s writes %q to %s", s.Name(), short(text), file)
	}
	Arrange(s.Close(fd))
	Expect(mapOf(target, target, file)).To(BeEmpty(), "after what was refused")
}

// expectWritten claims that s can write a map, which then has these extents.
func expectWritten(s, target *harness.Subject, file, text string) {
	Expect(write(s, target, file, text)).To(Succeed(), "%s writes %q to %s", s.Name(), short(text), file)
	Expect(sorted(mapOf(target, target, file))).To(Equal(sorted(parse(text))), "after %q", short(text))
}

// sorted returns the extents in the order of their ids inside: a map need not
// show them in the order in which they were written.
func sorted(m nsutil.IDMap) nsutil.IDMap {
	m = slices.Clone(m)
	slices.SortFunc(m, func(a, b nsutil.Extent) int { return cmp.Compare(a.Inside, b.Inside) })
	return m
}

// short is text for a failure to show.
func short(text string) string {
	if len(text) > 60 {
		return fmt.Sprintf("%s... (%d bytes)", text[:60], len(text))
	}
	return text
}

package idmaps

import (
	"fmt"
	"os"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// many returns a map of n lines, whose ids outside are those of a world: neither
// side is in ascending order, and they are in different orders.
func many(n, from int) (text string, outside nsutil.IDMap) {
	var all strings.Builder
	for i := range n {
		e := nsutil.Extent{Inside: uint32(from + 2*((i*7)%n)), Outside: uint32(from + 900 + 3*(n-i)), Length: 1}
		if n%7 == 0 {
			e.Inside = uint32(from + 2*i)
		}
		fmt.Fprintf(&all, "%d %d %d\n", e.Inside, e.Outside, e.Length)
		e.Outside += outer
		outside = append(outside, e)
	}
	return all.String(), outside
}

// padded is a map of one line and so many bytes.
func padded(bytes int) string {
	const line = "0 7 1"
	return line + strings.Repeat(" ", bytes-len(line))
}

var _ = Specs("The size of a map of ids", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		promises := []string{"user-map-340-lines"}
		if file == "projid_map" {
			promises = append(promises, "user-projid-map-format-einval")
		}
		It("is at most 340 lines, in "+file, Proves(promises...), func() {
			w := worldFor(file)
			target := fresh(w.root)
			more, _ := many(341, 0)
			yetmore, _ := many(350, 0)
			text, _ := many(340, 0)
			expectAllRefused(w.root, target, file, unix.EINVAL, more, strings.TrimSuffix(yetmore, "\n"), text+"x")
			expectWritten(w.root, target, file, text)
			expectWritten(w.root, fresh(w.root), file, strings.TrimSuffix(text, "\n"))
		})
	}

	It("of 340 lines has them all in effect", Label(kinds.Overflow), Proves("user-map-340-lines"), func() {
		w := newWorld()
		target := fresh(w.root)
		uids, outsideUIDs := many(340, 0)
		gids, outsideGIDs := many(340, 10)
		Expect(write(w.root, target, "uid_map", uids)).To(Succeed())
		Expect(write(w.root, target, "gid_map", gids)).To(Succeed())
		some := func(m nsutil.IDMap) nsutil.IDMap {
			return nsutil.IDMap{m[0], m[1], m[5], m[113], m[169], m[170], m[171], m[255], m[256], m[338], m[339]}
		}
		w.expectTranslated(target, some(outsideUIDs), some(outsideGIDs))
	})

	for _, file := range mapFiles {
		promises := []string{"user-map-page-size-einval"}
		if file == "projid_map" {
			promises = append(promises, "user-projid-map-format-einval")
		}
		It("is less than a page, in "+file, Proves(promises...), func() {
			w := worldFor(file)
			page := os.Getpagesize()
			target := fresh(w.root)
			lines, _ := many(300, 0)
			expectAllRefused(w.root, target, file, unix.EINVAL, padded(page), padded(page+1), padded(page+100), padded(2*page), lines+strings.Repeat(" ", page-len(lines)))
			for _, bytes := range []int{page - 1, page - 2} {
				expectWritten(w.root, fresh(w.root), file, padded(bytes))
			}
		})
	}
})

var _ = Specs("A write to a map of ids", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		promises := []string{"user-map-nonzero-offset-einval"}
		if file == "projid_map" {
			promises = append(promises, "user-projid-map-format-einval")
		}
		It("is at the file's beginning, in "+file, Proves(promises...), func() {
			w := worldFor(file)
			target := fresh(w.root)
			fd := open(w.root, target, file)
			for _, offset := range []int{1, 6, 4096} {
				Expect(w.root.Syscall("lseek", unix.SYS_LSEEK, fd, offset, unix.SEEK_SET)).To(BeEquivalentTo(offset))
				Expect(writeTo(w.root, fd, "0 7 1\n")).To(MatchError(unix.EINVAL), "at %d", offset)
				Expect(mapOf(target, target, file)).To(BeEmpty())
			}
			for _, offset := range []int{1, 6} {
				text := []byte("0 7 1\n")
				_, err := w.root.Syscall("pwrite64", unix.SYS_PWRITE64, fd, harness.In(text), len(text), offset)
				Expect(err).To(MatchError(unix.ESPIPE), "with pwrite at %d", offset)
				Expect(mapOf(target, target, file)).To(BeEmpty())
			}
			Get(w.root.Syscall("lseek", unix.SYS_LSEEK, fd, 0, unix.SEEK_SET))
			Expect(writeTo(w.root, fd, "0 7 1\n")).To(Succeed())
			Expect(writeTo(w.root, fd, "1 8 1\n")).To(MatchError(unix.EINVAL), "where the first ended")
			Expect(mapOf(target, target, file)).To(Equal(nsutil.IDMap{{Inside: 0, Outside: 7, Length: 1}}))
		})
	}
})

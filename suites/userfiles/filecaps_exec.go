package userfiles

import (
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Specs("A program with file capabilities", Label("user"), func() {
	It("of version 3 gains them in the user namespace whose root it names and those below, nowhere else", Proves(
		"user-filecap-v3-works-for-root-id-namespace", "user-filecap-v3-useless-elsewhere"), func() {
		t := newStage()
		one := t.root(subordinate)
		nested := below(one, "0 2 4")
		deeper := below(nested, "0 1 3")
		for _, row := range []struct {
			root    int
			gaining []*harness.Subject
		}{
			{base, []*harness.Subject{one, nested, deeper}}, {base + 2, []*harness.Subject{nested, deeper}}, {base + 3, []*harness.Subject{deeper}},
			{base + 4, nil}, {base + 20, nil}, {0, []*harness.Subject{t.keeper, one, nested, deeper}},
		} {
			path := t.program(fmt.Sprint(row.root), base+3, base+3, 0o755)
			Arrange(t.keeper.Setxattr(path, attribute, version3(permitted, uint32(row.root))))
			beside := t.root("0 100001 1\n1 100002 4\n5 100000 1")
			for _, where := range []struct {
				root *harness.Subject
				uid  int
			}{{one, 5}, {nested, 3}, {deeper, 2}, {beside, 1}, {t.keeper, base + 5}} {
				var want nsutil.CapSet
				for _, r := range row.gaining {
					if r == where.root {
						want = permitted
					}
				}
				if row.root == 0 {
					want = permitted
				}
				status := run(as(where.root, where.uid, where.uid), path)
				Expect([]nsutil.CapSet{status.CapPrm, status.CapEff}).To(Equal([]nsutil.CapSet{want, want}), "root %d, executed by %d of %s", row.root, where.uid, where.root.Name())
			}
		}
	})

	It("of version 2, set where the file system was mounted, gains them there and below", Proves("user-filecap-set-outside-stored-as-v2"), func() {
		t := newStage()
		one := t.root(subordinate)
		nested := below(one, "0 2 4")
		path := t.program("program", base+3, base+3, 0o755)
		Arrange(t.keeper.Setxattr(path, attribute, version2(permitted)))
		for _, s := range []*harness.Subject{as(t.keeper, base+5, base+5), as(one, 5, 5), as(nested, 3, 3)} {
			status := run(s, path)
			Expect([]nsutil.CapSet{status.CapPrm, status.CapEff}).To(Equal([]nsutil.CapSet{permitted, permitted}), s.Name())
		}
	})

	It("of root of a user namespace gains them in there", Proves("user-filecap-v3-works-for-root-id-namespace", "user-filecap-v2-write-converted-to-v3"), func() {
		t := newStage()
		one := t.root(subordinate)
		path := t.program("program", base+3, base+3, 0o755)
		status := run(as(one, 5, 5), path)
		Expect(status.CapPrm).To(BeZero(), "before")
		Arrange(one.Setxattr(path, attribute, version2(permitted)))
		status = run(as(one, 5, 5), path)
		Expect([]nsutil.CapSet{status.CapPrm, status.CapEff}).To(Equal([]nsutil.CapSet{permitted, permitted}))
		status = run(as(t.keeper, base+5, base+5), path)
		Expect([]nsutil.CapSet{status.CapPrm, status.CapEff}).To(Equal([]nsutil.CapSet{0, 0}), "outside")
	})
})

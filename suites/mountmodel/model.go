// Package mountmodel has a kernel do random sequences of mounts, binds, moves,
// unmounts and changes of propagation types in several mount namespaces, and
// compares all mount tables with those of a reference model.
package mountmodel

import (
	"cmp"
	"fmt"
	"time"

	"github.com/nsconform/nsconform/suites/mountmodel/model"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
)

// A sequence has so many steps, and the tables are compared after so many of them.
const (
	steps = 30
	every = 15
)

var _ = Specs("Mounts in several namespaces", Label("mount"), func() {
	It("are what a model says after random sequences of calls", claims, func() {
		NeedCapability("CAP_SYS_CHROOT")
		dir, world := T().TempDir(), model.New
		kernel := func() model.Kernel { return begin(dir) }
		for number := range Chance.Sequences {
			sequence := model.Sequence(Chance.Seed, number, steps)
			d := Get(model.Compare(kernel, world, sequence, every))
			if d != nil && Get(model.Compare(kernel, forgetful, sequence, every)) == nil {
				Deviates("mount-copy-forgets-unbindable", "in a copy of a mount namespace what was unbindable is private (sequence %d of seed %d)", number+1, Chance.Seed)
				world, d = forgetful, nil
			}
			if d != nil {
				tell(number, dir, Get(model.Check(kernel, world, sequence, every, cmp.Or(Limits.Call, 5*time.Second)/2)))
			}
		}
	})
})

// forgetful is the model of kernels with a known mistake.
func forgetful() *model.World { return model.Without(model.CopiedUnbindableStays) }

// tell fails the spec: it says what has happened, and how to have it happen again.
func tell(number int, dir string, d *model.Difference) {
	always := ""
	if again, _ := model.Compare(func() model.Kernel { return beginLogged(dir) }, model.New, d.Steps, 1); again == nil {
		always = ", not always"
	}
	Fail(fmt.Sprintf("sequence %[1]d of seed %[2]d differs (--seed=%[2]d --sequences=%[1]d); these steps suffice%[4]s:\n%[3]s",
		number+1, Chance.Seed, d, always))
}

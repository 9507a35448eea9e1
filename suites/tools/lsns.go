package tools

import (
	"encoding/json"
	"fmt"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// listed is a namespace in lsns's output, with those below it in a tree.
type listed struct {
	NS       number   `json:"ns"`
	Type     string   `json:"type"`
	NProcs   number   `json:"nprocs"`
	Children []listed `json:"children"`
}

// number is one that some versions of lsns write as a string.
type number uint64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *number) UnmarshalJSON(text []byte) error {
	if len(text) > 1 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	return json.Unmarshal(text, (*uint64)(n))
}

const columns = "NS,TYPE,NPROCS"

func lsns(options ...string) []string {
	return append([]string{NeedProgram("lsns").Path, "--json", "--output", columns}, options...)
}

// parse reads lsns's output.
func parse(text string) []listed {
	var output struct {
		Namespaces []listed `json:"namespaces"`
	}
	if text != "" { // which is what it prints of none
		Expect(json.Unmarshal([]byte(text), &output)).To(Succeed(), text)
	}
	return output.Namespaces
}

// flat returns the namespaces and those below them, by their numbers.
func flat(all []listed) map[uint64]listed {
	found := map[uint64]listed{}
	for _, namespace := range all {
		found[uint64(namespace.NS)] = namespace
		for ino, below := range flat(namespace.Children) {
			found[ino] = below
		}
	}
	return found
}

// list returns what lsns lists.
func (r *room) list(options ...string) map[uint64]listed {
	return flat(parse(r.Does(lsns(options...)...)))
}

var _ = Specs("lsns(8)", Label("tools"), func() {
	It("lists the namespaces of the processes in its procfs, with how many these are", Proves("lsns-lists-from-proc"), func() {
		r := newRoom()
		first, _ := r.resident(unix.CLONE_NEWUTS | unix.CLONE_NEWIPC)
		second := Get(first.Clone(unix.CLONE_NEWNET))
		for kind, namespace := range Get(first.Namespaces()) {
			Expect(r.list()).To(HaveKey(namespace.Ino), "%s", kind)
		}
		uts := Get(first.NS(nsutil.UTS)).Ino
		Expect(r.list()[uts]).To(Equal(listed{NS: number(uts), Type: "uts", NProcs: 2}))
		Expect(r.list()).To(HaveKey(Get(second.NS(nsutil.Net)).Ino))
		Expect(r.list("--type", "net")).NotTo(HaveKey(uts), "of another type")

		outside := Spawn(harness.Cloned(nsutil.UTS), harness.Named("outside"))
		Expect(r.list()).NotTo(HaveKey(Get(outside.NS(nsutil.UTS)).Ino), "of a process that its procfs does not show")
		Arrange(second.End())
		Arrange(first.End())
		Expect(r.list()).NotTo(HaveKey(uts), "when it has ended")
	})

	It("does not list for the unprivileged what is others'", Proves("lsns-lists-from-proc"), func() {
		r := newRoom()
		others, _ := r.resident(unix.CLONE_NEWUTS)
		own, _ := r.resident(unix.CLONE_NEWUTS)
		Arrange(own.Setresgid(alice, alice, alice))
		Arrange(own.Setresuid(alice, alice, alice))
		Get(own.Prctl(unix.PR_SET_DUMPABLE, 1))
		for user, all := range map[int]bool{0: true, alice: false} {
			seen := flat(parse(r.DoesAs(user, lsns()...)))
			Expect(seen).To(HaveKey(Get(own.NS(nsutil.UTS)).Ino), "of alice's process, by %d", user)
			if all {
				Expect(seen).To(HaveKey(Get(others.NS(nsutil.UTS)).Ino), "of root's process, by root")
			} else {
				Expect(seen).NotTo(HaveKey(Get(others.NS(nsutil.UTS)).Ino), "of root's process, by alice")
			}
		}
	})

	It("lists namespaces that only a mount holds with --persistent", Proves("lsns-bind-mounted-with-persistent"), func() {
		NeedOption("lsns", "--persistent", "2.39")
		r := newRoom()
		file := r.File("pin")
		member, id := r.resident(unix.CLONE_NEWUTS)
		namespace := Get(member.NS(nsutil.UTS)).Ino
		Arrange(r.Bind(fmt.Sprintf("/proc/%v/ns/uts", id), file))
		Expect(r.list("--persistent")).NotTo(HaveKey(namespace), "while it has a member")
		Arrange(member.End())
		Expect(r.list("--persistent")).To(HaveKeyWithValue(namespace, listed{NS: number(namespace), Type: "uts"}))
		Arrange(r.Umount(file, 0))
		Expect(r.list("--persistent")).NotTo(HaveKey(namespace), "when it is unmounted")
		Expect(r.list()).NotTo(HaveKey(namespace), "when it is unmounted")
	})
})

package idmaps

import (
	"fmt"
	"strings"

	"github.com/nsconform/nsconform/harness"
	"github.com/nsconform/nsconform/nsutil"
	"github.com/nsconform/nsconform/reports"
	"github.com/nsconform/nsconform/suites/internal/kinds"
	. "github.com/nsconform/nsconform/suites/spec"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
)

// notNumbers are fields that a map cannot have.
var notNumbers = []string{"", "x", "one", "0x1", "0b1", "1x", "1h", "-1", "-0", "+1", "1.0", "1e0", "1,", "1:1", "'1'", "1_0", "\u0661"}

// fillers are lines that are right: with two of them a line is the third, with
// five the kernel keeps a map in another way.
func fillers(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "%d %d 1\n", 600+2*i, 700+2*i)
	}
	return text.String()
}

// around returns maps with the line alone, first, last, and between others.
func around(line string) []string {
	return []string{line, line + "\n" + fillers(2), fillers(5) + line + "\n", fillers(7) + line + "\n300 400 1"}
}

// expectInvalid claims that none of the texts can be written to a map, and that
// a right one can afterwards.
func expectInvalid(file string, texts []string) {
	kinds.Need(nsutil.User)
	s := Spawn()
	if len(mapOf(s, s, file)) == 0 {
		SkipFor(reports.SkipNested, "the suite's user namespace has no project ids")
	}
	target := fresh(s)
	fd := open(s, target, file)
	for _, text := range texts {
		Expect(s.Write(fd, []byte(text))).Error().To(MatchError(unix.EINVAL), "%q to %s", short(text), file)
	}
	Expect(mapOf(target, target, file)).To(BeEmpty())
	Expect(writeTo(s, fd, "0 0 1\n")).To(Succeed(), "to %s after what was refused", file)
	Expect(mapOf(target, target, file)).To(Equal(nsutil.IDMap{{Inside: 0, Outside: 0, Length: 1}}))
}

// invalid are texts that no map can have, by what is wrong with them.
func invalid() map[string][]string {
	all := map[string][]string{}
	for _, field := range notNumbers {
		for _, line := range []string{field + " 0 1", "0 " + field + " 1", "0 0 " + field} {
			all["a field that is no number"] = append(all["a field that is no number"], around(line)...)
		}
	}
	for _, line := range []string{"0", "0 1", " 0 1 ", "0:0:1", "0,0,1", "0-0 1"} {
		all["a field that is no number"] = append(all["a field that is no number"], around(line)...)
	}
	all["a field that is no number"] = append(all["a field that is no number"],
		"\n"+fillers(2), "  \n"+fillers(2), fillers(2)+"\n", fillers(2)+" ", fillers(2)+"\n"+fillers(7), fillers(7)+"\n")
	for _, line := range []string{"0 0 0", "7 7 0", "0 0 00", "0 0 0 "} {
		all["a count of 0"] = append(all["a count of 0"], around(line)...)
	}
	for _, junk := range []string{" 1", " x", "\t1", " 1 1 1", " #", " # comment", ";", ",", " ,1 1 1", " 0", " -", "\\n"} {
		all["anything after the count"] = append(all["anything after the count"], around("0 0 1"+junk)...)
	}
	all["no line"] = []string{"", "\n", " ", "\t", " \n", "\n\n", "\n \n", strings.Repeat(" ", 100), strings.Repeat("\n", 100)}
	for _, line := range []string{"4294967295 0 1", "0 4294967295 1", "4294967294 0 2", "0 4294967294 2", "1 0 4294967295", "0 1 4294967295", "4294967295 4294967295 1"} {
		all["the id 4294967295"] = append(all["the id 4294967295"], around(line)...)
	}
	return all
}

// valid are ways to write the extents 10 20 30 and 50 60 7.
var valid = []string{
	"10 20 30\n50 60 7\n",
	"10 20 30\n50 60 7",
	"  10   20   30  \n  50   60   7  \n",
	"\t10\t20\t30\t\n\t50\t60\t7\t",
	" \t 10 \t 20 \t 30 \t \n50 60 7\n",
	"        10         20         30\n        50         60          7\n",
	"010 0020 00030\n050 060 07\n",
	"50 60 7\n10 20 30\n",
}

var _ = Specs("The text of a map of ids", Label("user", "idmaps"), func() {
	for _, file := range mapFiles {
		for _, row := range []struct{ what, promise string }{
			{"a field that is no number", "user-map-invalid-number-einval"},
			{"a count of 0", "user-map-count-zero-einval"},
			{"anything after the count", "user-map-trailing-junk-einval"},
			{"no line", "user-map-no-line-einval"},
			{"the id 4294967295", "user-highest-id-never-mapped"},
		} {
			promise := row.promise
			if file == "projid_map" {
				promise = "user-projid-map-format-einval"
			}
			It("gives EINVAL with "+row.what+", in "+file, Proves(promise), func() {
				expectInvalid(file, invalid()[row.what])
			})
		}
	}

	It("has three decimal numbers a line, between spaces and tabs", Proves("user-map-line-three-numbers"), func() {
		w := newWorld()
		want := nsutil.IDMap{{Inside: 10, Outside: 20, Length: 30}, {Inside: 50, Outside: 60, Length: 7}}
		for _, text := range valid {
			target := fresh(w.root)
			for _, file := range w.files {
				Expect(write(w.root, target, file, text)).To(Succeed(), "%q to %s", text, file)
				for _, reader := range []*harness.Subject{target, w.root} {
					shown, err := reader.ReadFile(path(target, file))
					Expect(err).NotTo(HaveOccurred())
					Expect(shown).To(MatchRegexp(`^( *[0-9]+ +[0-9]+ +[0-9]+\n){2}$`), file)
					Expect(parse(shown)).To(ConsistOf(want), "%s after %q", file, text)
				}
			}
		}
	})

	It("has the ids inside, the ids outside and their count, in this order", Label(kinds.Overflow), Proves("user-map-line-three-numbers"), func() {
		w := newWorld()
		target := fresh(w.root)
		Expect(write(w.root, target, "uid_map", "10 20 30\n50 60 7\n")).To(Succeed())
		Expect(write(w.root, target, "gid_map", "11 21 31\n55 65 8\n")).To(Succeed())
		w.expectTranslated(target,
			nsutil.IDMap{{Inside: 10, Outside: outer + 20, Length: 30}, {Inside: 50, Outside: outer + 60, Length: 7}},
			nsutil.IDMap{{Inside: 11, Outside: outer + 21, Length: 31}, {Inside: 55, Outside: outer + 65, Length: 8}})
	})

	It("may have numbers above 4294967295, which stand for others then", Proves("user-map-number-above-32-bits"), func() {
		w := newWorld()
		for _, text := range []string{"4294967301 20 1", "5 4294967316 1", "5 20 4294967297"} {
			for _, file := range idFiles {
				target := fresh(w.root)
				err := write(w.root, target, file, text)
				if err != nil {
					Expect(err).To(MatchError(unix.EINVAL))
					Note("%q is refused", text)
					continue
				}
				Expect(mapOf(target, target, file)).To(Equal(nsutil.IDMap{{Inside: 5, Outside: 20, Length: 1}}), text)
				Note("%q is taken modulo 2^32", text)
			}
		}
	})
})

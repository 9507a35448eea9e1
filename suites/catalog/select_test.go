package catalog

import (
	"errors"
	"path"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func selectable(t *testing.T) *catalog {
	return fixture(t, map[string]string{
		"uts": "topic: uts\ntitle: T\nrequirements:\n" +
			entryText("uts-hostname-copied", "clone(2)", "S", ", inventory: [UTS-ISO-01]") +
			entryText("uts-hostname-efault", "sethostname(2)", "ERRORS", ""),
		"clone": "topic: clone\ntitle: T\nrequirements:\n" +
			entryText("clone-flags-einval", "clone(2)", "ERRORS", ""),
		"mount": "topic: mount\ntitle: T\nrequirements:\n" +
			entryText("mount-lock-eperm", "mount_namespaces(7)", "S", ""),
	})
}

func TestSelect(t *testing.T) {
	for _, test := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"clone-flags-einval", "mount-lock-eperm", "uts-hostname-copied", "uts-hostname-efault"}},
		{[]string{"uts-hostname-efault"}, []string{"uts-hostname-efault"}},
		{[]string{"uts-iso-01"}, []string{"uts-hostname-copied"}},
		{[]string{"*-e[fi]*"}, []string{"clone-flags-einval", "uts-hostname-efault"}},
		{[]string{"sethostname(2)"}, []string{"uts-hostname-efault"}},
		{[]string{"mount_namespaces"}, []string{"mount-lock-eperm"}},
		{[]string{"uts"}, []string{"uts-hostname-copied", "uts-hostname-efault"}},
		{[]string{"clone"}, []string{"clone-flags-einval", "uts-hostname-copied"}},
		{[]string{"mnt"}, []string{"mount-lock-eperm"}},
		{[]string{"uts-hostname-efault", "mount", "uts*efault"}, []string{"mount-lock-eperm", "uts-hostname-efault"}},
	} {
		got, err := selectable(t).selectBy(test.args)
		if err != nil {
			t.Errorf("Select(%q): %v", test.args, err)
		}
		if diff := cmp.Diff(test.want, ids(got)); diff != "" {
			t.Errorf("Select(%q) (-want +have):\n%s", test.args, diff)
		}
	}
}

func TestSelectUnknown(t *testing.T) {
	for _, test := range []struct{ arg, want string }{
		{"utz", `unknown requirement, page or topic "utz": did you mean uts?`},
		{"sethostnam(2)", `unknown requirement, page or topic "sethostnam(2)": did you mean sethostname?`},
		{"uts-hostname-efaul", `unknown requirement, page or topic "uts-hostname-efaul": did you mean uts-hostname-efault, uts-hostname-copied?`},
		{"lock", `unknown requirement, page or topic "lock": did you mean mount-lock-eperm?`},
		{"zzzzzzzz", `unknown requirement, page or topic "zzzzzzzz"`},
		{"", `unknown requirement, page or topic ""`},
	} {
		got, err := selectable(t).selectBy([]string{"uts", test.arg})
		if err == nil || err.Error() != test.want {
			t.Errorf("Select(%q) = %v, want %s", test.arg, err, test.want)
		}
		if got != nil {
			t.Errorf("Select(%q) returns requirements with its error", test.arg)
		}
	}
	if _, err := selectable(t).selectBy([]string{"uts-["}); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("bad pattern: %v", err)
	}
	_, err := selectable(t).selectBy([]string{"utz", "lock"})
	want := "unknown requirement, page or topic \"utz\": did you mean uts?\n" +
		"unknown requirement, page or topic \"lock\": did you mean mount-lock-eperm?"
	if err == nil || err.Error() != want {
		t.Errorf("two unknown arguments: %v", err)
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"uts", "", 3}, {"", "uts", 3}, {"uts", "uts", 0}, {"utz", "uts", 1}, {"kitten", "sitting", 3}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

package inspect

import "github.com/nsconform/nsconform/nsutil"

// checkUser looks for IDs inside that are root's outside: such a process has root's files
// where it can reach them, and is root should it ever leave.
func checkUser(f *facts, found *finding) {
	found.needs = append(found.needs, factMaps)
	if f.gaps[factMaps] != "" {
		return
	}
	for _, m := range []struct {
		what string
		ids  nsutil.IDMap
	}{{"uid", f.uidMap}, {"gid", f.gidMap}} {
		if inside, mapped := m.ids.ToInside(0); mapped {
			found.leak("%s %d inside is the %s's %s 0", m.what, inside, f.whose, m.what)
		}
		if len(m.ids) == 0 {
			found.note("its %s map is empty: every %s inside is the overflow ID", m.what, m.what)
		}
	}
}

package kernels

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// source is one of apt's sources (sources.list(5)).
type source struct {
	uris, suites, components []string
	// verbatim fields that say whom to trust: Signed-By may hold a key.
	signedBy, trusted string
}

// readSources reads the sources of an apt configuration folder, /etc/apt, in
// both of their formats.
func readSources(dir string) ([]source, error) {
	lists, _ := filepath.Glob(filepath.Join(dir, "sources.list.d", "*.list"))
	stanzas, _ := filepath.Glob(filepath.Join(dir, "sources.list.d", "*.sources"))
	var all []source
	for _, file := range slices.Concat([]string{filepath.Join(dir, "sources.list")}, lists, stanzas) {
		data, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read apt's sources: %w", err)
		}
		if filepath.Ext(file) == ".sources" {
			all = append(all, parseStanzas(string(data))...)
		} else {
			all = append(all, parseLines(string(data))...)
		}
	}
	return all, nil
}

// parseLines reads the one-line format: deb [option=value ...] uri suite component...
func parseLines(text string) (sources []source) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		var s source
		rest = strings.TrimSpace(rest)
		if options, after, ok := strings.Cut(strings.TrimPrefix(rest, "["), "]"); ok && strings.HasPrefix(rest, "[") {
			rest = after
			for option := range strings.FieldsSeq(options) {
				switch key, value, _ := strings.Cut(option, "="); strings.ToLower(key) {
				case "signed-by":
					s.signedBy = " " + value
				case "trusted":
					s.trusted = " " + value
				}
			}
		}
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			continue
		}
		s.uris, s.suites, s.components = fields[:1], fields[1:2], fields[2:]
		sources = append(sources, s)
	}
	return sources
}

// parseStanzas reads the deb822 format.
func parseStanzas(text string) (sources []source) {
	for _, fields := range parseControl(text) {
		if !slices.Contains(strings.Fields(fields["types"]), "deb") || strings.TrimSpace(fields["enabled"]) == "no" {
			continue
		}
		sources = append(sources, source{
			uris:       strings.Fields(fields["uris"]),
			suites:     strings.Fields(fields["suites"]),
			components: strings.Fields(fields["components"]),
			signedBy:   fields["signed-by"],
			trusted:    fields["trusted"],
		})
	}
	return sources
}

// parseControl reads stanzas of "Name: value" fields, which may go on in
// lines that begin with a blank (deb822(5)). The names come out in lower
// case, the values as they are, without the newline at the end.
func parseControl(text string) (stanzas []map[string]string) {
	fields, field := map[string]string{}, ""
	end := func() {
		if len(fields) > 0 {
			stanzas = append(stanzas, fields)
		}
		fields, field = map[string]string{}, ""
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
			end()
		case line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			if field != "" {
				fields[field] += "\n" + line
			}
		default:
			name, value, ok := strings.Cut(line, ":")
			if ok {
				field = strings.ToLower(name)
				fields[field] = value
			}
		}
	}
	end()
	return stanzas
}

// archive is what the machine's sources say of its distribution's archive.
type archive struct {
	main     source   // the one that has the machine's own release
	security *source  // the one that has its security updates; may be nil
	own      []string // the machine's own suites, without the security updates
}

// findArchive finds the distribution's archive among sources by the machine's
// own release, codename. Others may use the same codename: the distribution's
// has a component main, and most often its keyring or its path tell.
func findArchive(sources []source, distribution, codename string) (*archive, error) {
	a := &archive{}
	best := -1
	for _, s := range sources {
		if len(s.uris) == 0 || strings.HasPrefix(s.uris[0], "cdrom:") || !slices.Contains(s.components, "main") {
			continue
		}
		if slices.Contains(s.suites, codename+"-security") || slices.Contains(s.suites, codename+"/updates") {
			if a.security == nil || officiality(s, distribution) > officiality(*a.security, distribution) {
				a.security = &s
			}
		}
		if score := officiality(s, distribution); slices.Contains(s.suites, codename) && score > best {
			best, a.main = score, s
		}
	}
	if best < 0 {
		return nil, fmt.Errorf("apt's sources on this machine have no entry for %s", codename)
	}
	for _, s := range sources {
		if !slices.Equal(s.uris, a.main.uris) || !slices.Contains(s.components, "main") {
			continue
		}
		for _, suite := range s.suites {
			if strings.HasPrefix(suite, codename) && !slices.Contains(a.own, suite) {
				a.own = append(a.own, suite)
			}
		}
	}
	return a, nil
}

// officiality rates how likely a source is the distribution's own.
func officiality(s source, distribution string) (score int) {
	if strings.Contains(s.signedBy, distribution+"-archive") {
		score += 2
	}
	if base := path.Base(strings.TrimRight(s.uris[0], "/")); base == distribution || base == distribution+"-security" {
		score++
	}
	return score
}

// stanza writes s for the given suites. Only its indexes of packages are
// wanted. The date of a suite that is not the machine's own is not checked:
// a mirror may serve what has passed it, with signatures as good as ever.
func (s source) stanza(checkDate bool, suites ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nTargets: Packages\n",
		strings.Join(s.uris, " "), strings.Join(suites, " "))
	if !checkDate {
		b.WriteString("Check-Valid-Until: no\n")
	}
	if s.signedBy != "" {
		fmt.Fprintf(&b, "Signed-By:%s\n", s.signedBy)
	}
	if s.trusted != "" {
		fmt.Fprintf(&b, "Trusted:%s\n", s.trusted)
	}
	return b.String() + "\n"
}

// stanzas returns the sources of one suite, with its security updates if
// asked for.
func (a *archive) stanzas(suite string, security bool) string {
	own := slices.Contains(a.own, suite)
	text := a.main.stanza(own, suite)
	if security && a.security != nil {
		text += a.security.stanza(own, suite+"-security")
	}
	return text
}

// ownStanzas returns the sources of all the machine's own suites.
func (a *archive) ownStanzas() string {
	text := a.main.stanza(true, a.own...)
	if a.security != nil {
		text += a.security.stanza(true, a.security.suites...)
	}
	return text
}

// mayHaveSecurity tells the suites that get security updates in a suite of
// their own: releases, not backports or what is being worked on.
func mayHaveSecurity(suite string) bool {
	return !strings.Contains(suite, "-") && !slices.Contains([]string{"sid", "unstable", "experimental", "rc-buggy"}, suite)
}
